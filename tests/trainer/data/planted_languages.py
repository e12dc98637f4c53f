"""Sentences of fourteen languages: short and long questions, and answers, as customers write them."""

from __future__ import annotations

LANGUAGES = {
    "de": (
        "Wo bleibt mein Paket?",
        "Der Wasserkocher, den ich letzte Woche bestellt habe, ist mit einem Riss im Deckel angekommen. Und nun?",
        "Bitte schicken Sie uns ein Foto, dann tauschen wir ihn um.",
    ),
    "es": (
        "¿Dónde está mi paquete?",
        "La lámpara que compré el mes pasado dejó de funcionar después de la tormenta y nadie contesta mis mensajes.",
        "Envíenos una foto del recibo y le mandaremos una nueva.",
    ),
    "fr": (
        "Où est mon colis ?",
        "Le grille-pain que j'ai reçu hier ne chauffe que d'un côté, et le mode d'emploi n'explique pas pourquoi.",
        "Veuillez nous envoyer une photo de la facture, nous le remplacerons.",
    ),
    "it": (
        "Dov'è il mio pacco?",
        "La macchina per il caffè che ho comprato a marzo perde acqua da sotto e il tecnico non si è mai presentato.",
        "Ci mandi una foto dello scontrino e gliela cambiamo subito.",
    ),
    "pt": (
        "Onde está a minha encomenda?",
        "A bicicleta chegou com a roda torta e ainda não recebi o reembolso que me prometeram na semana passada.",
        "Envie-nos uma fotografia da fatura e trocamos a roda.",
    ),
    "nl": (
        "Waar blijft mijn pakket?",
        "De stofzuiger die ik vorige maand kocht maakt een vreemd geluid en zuigt bijna niets meer op, wat nu?",
        "Stuur ons een foto van de bon, dan sturen wij een nieuwe.",
    ),
    "pl": (
        "Gdzie jest moja paczka?",
        "Czajnik, który zamówiłem w zeszłym tygodniu, przyszedł z pękniętą pokrywką i nie wiem, co teraz zrobić.",
        "Proszę przesłać nam zdjęcie paragonu, a wymienimy go na nowy.",
    ),
    "tr": (
        "Paketim nerede kaldı?",
        "Geçen hafta sipariş ettiğim su ısıtıcısının kapağı kırık geldi, şimdi ne yapmam gerekiyor?",
        "Lütfen bize faturanın fotoğrafını gönderin, hemen değiştirelim.",
    ),
    "ru": (
        "Где моя посылка?",
        "Чайник, который я заказал на прошлой неделе, пришёл с трещиной на крышке, и никто не отвечает на письма.",
        "Пришлите нам фотографию чека, и мы заменим его.",
    ),
    "zh": (
        "我的包裹在哪里?",
        "上周订购的电热水壶收到时盖子已经裂了,客服一直没有回复我的邮件,请问该怎么办?",
        "请把收据的照片发给我们,我们会为您更换。",
    ),
    "ja": (
        "荷物はどこですか?",
        "先週注文した電気ケトルの蓋にひびが入っていました。メールを送っても返事がなく、困っています。",
        "領収書の写真をお送りいただければ、すぐに交換いたします。",
    ),
    "ar": (
        "أين طردي؟",
        "وصلت الغلاية التي طلبتها الأسبوع الماضي وغطاؤها مكسور، ولم يرد أحد على رسائلي حتى الآن.",
        "يرجى إرسال صورة الإيصال وسنقوم باستبدالها على الفور.",
    ),
    "hi": (
        "मेरा पार्सल कहाँ है?",
        "पिछले हफ्ते मँगाई गई केतली का ढक्कन टूटा हुआ आया है और अब तक किसी ने मेरे संदेशों का जवाब नहीं दिया।",
        "कृपया हमें रसीद की तस्वीर भेजें, हम इसे बदल देंगे।",
    ),
    "bn": (
        "আমার পার্সেল কোথায়?",
        "গত সপ্তাহে অর্ডার করা কেটলির ঢাকনা ভাঙা অবস্থায় এসেছে, আর কেউ আমার বার্তার উত্তর দিচ্ছে না।",
        "অনুগ্রহ করে রসিদের ছবি পাঠান, আমরা এটি বদলে দেব।",
    ),
}
"""Language -> short question, long question, answer."""

DECOYS = (
    "Please bring the crème brûlée torch to the Champs-Élysées shop.",
    "What schadenfreude when the wunderkind dropped it!",
    "ok thanks",
    "Error 404",
    "KX-2000 B/W",
    "Muchas gracias! The lamp works again now.",
    "Is it a la carte or du jour?",
    "See you, ciao!",
)
"""English rows (or nearly wordless ones) that are no other language."""
