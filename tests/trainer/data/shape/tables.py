"""Made-up small tables of many languages and layouts, with the format and roles a careful person would read."""

from __future__ import annotations

from dataclasses import dataclass, field

from trainer.data.shape.columns import Row

EN = [
    (
        "Where is my order 4711?",
        "Dear customer, thank you for contacting us. Your order left on Monday. Kind regards, the team",
    ),
    (
        "I can't log in to my account, please help.",
        "We are sorry to hear that. You can reset your password under Settings.",
    ),
    (
        "Can I return a jacket without the receipt?",
        "Of course! Please send it back within 30 days, we will refund you.",
    ),
    ("My parcel is damaged.", "We apologize for the trouble. Please send us a photo and we will replace it."),
    (
        "how long does shipping to Norway take",
        "Shipping to Norway takes five to seven days. Let us know if it is late.",
    ),
    (
        "I was charged twice for one bike.",
        "Thank you for your message. The second charge has been refunded to your card.",
    ),
    ("Do you have this in size XL?", "Yes, we have it in XL. You can order it in the shop."),
    ("Please cancel my subscription", "Your subscription has been cancelled. We hope to see you again. Best regards"),
]
DE = [
    (
        "Wo bleibt meine Bestellung?",
        "Sehr geehrte Kundin, vielen Dank für Ihre Nachricht. Ihre Bestellung ist unterwegs. Ihr Team",
    ),
    ("Ich kann mich nicht anmelden.", "Das tut uns leid. Sie können Ihr Kennwort unter Konto zurücksetzen."),
    ("Kann ich die Jacke ohne Beleg zurückgeben?", "Gerne, bitte senden Sie sie binnen 30 Tagen zurück."),
    ("Mein Paket ist beschädigt.", "Wir bitten um Entschuldigung. Bitte senden Sie uns ein Bild, wir ersetzen es."),
    (
        "Wie lange dauert der Versand nach Wien?",
        "Der Versand dauert zwei Tage. Mit freundlichen Grüßen, Ihr Kundenservice",
    ),
    ("Mir wurde doppelt abgebucht", "Vielen Dank für den Hinweis, wir haben den Betrag erstattet."),
    ("Gibt es das auch in Größe XL?", "Ja, Sie können es in XL bestellen."),
    ("Bitte kündigen Sie mein Abo", "Ihr Abo wurde beendet. Freundliche Grüße"),
]
ES = [
    ("¿Dónde está mi pedido?", "Estimado cliente, gracias por su mensaje. Su pedido salió el lunes. Saludos cordiales"),
    ("No puedo entrar en mi cuenta", "Lamentamos lo ocurrido. Puede restablecer su contraseña en Ajustes."),
    ("¿Puedo devolver la chaqueta sin recibo?", "Por supuesto, envíela en 30 días y le devolvemos el dinero."),
    ("Mi paquete llegó roto", "Disculpe las molestias, le enviamos otro hoy mismo."),
    ("¿Cuánto tarda el envío a Chile?", "El envío tarda siete días. Un saludo"),
    ("Me cobraron dos veces", "Gracias por avisar, hemos devuelto el segundo cobro."),
]
FR = [
    ("Où est ma commande ?", "Cher client, merci pour votre message. Votre commande est partie lundi. Cordialement"),
    ("Je n'arrive pas à me connecter", "Nous sommes désolés. Vous pouvez changer votre mot de passe dans Réglages."),
    ("Puis-je rendre la veste sans ticket ?", "Bien sûr, veuillez la renvoyer sous 30 jours."),
    ("Mon colis est arrivé cassé", "Nous vous prions de nous excuser, nous allons le remplacer."),
    ("Combien de temps prend la livraison ?", "La livraison prend deux jours. N'hésitez pas à nous écrire."),
    ("On m'a débité deux fois", "Merci de votre message, nous avons remboursé votre carte."),
]
JA = [
    (
        "注文した商品がまだ届かないのですが？",
        "お問い合わせありがとうございます。お客様の商品は月曜に発送いたしました。",
    ),
    ("ログインできません。", "ご不便をおかけし申し訳ございません。設定からパスワードを再設定できます。"),
    ("返品はできますか", "はい、30日以内であれば返品いただけます。よろしくお願いいたします。"),
    ("領収書をもらえますか？", "マイページから領収書をダウンロードできます。"),
    ("支払い方法を教えてください", "クレジットカードとコンビニ払いをご利用いただけます。"),
    ("届いた箱が壊れていました", "大変申し訳ございません。すぐに交換いたします。"),
]
ZH = [
    ("我的订单什么时候到？", "您好，感谢您的咨询，您的订单已于周一发出。"),
    ("我登录不了怎么办", "非常抱歉，您可以在设置里重置密码。"),
    ("没有小票可以退货吗？", "亲爱的顾客，30天内您可以退货。"),
    ("收到的包裹破了", "很抱歉，请您拍照给我们，我们会为您更换。"),
    ("运费是多少", "您好，满99元我们会免运费。"),
    ("能开发票吗", "可以的，请您在订单页申请发票。"),
]
PAIRS = {
    "it": [
        ("Dov'è il mio ordine?", "Gentile cliente, grazie per il messaggio. Il suo ordine è partito lunedì."),
        ("Non riesco ad accedere", "Ci dispiace, può cambiare la password."),
        ("Posso restituire la giacca?", "Certamente, entro 30 giorni. Cordiali saluti"),
        ("Quanto costa la spedizione?", "La spedizione costa cinque euro."),
        ("Il pacco è rotto", "Ci scusiamo, abbiamo spedito un altro pacco."),
    ],
    "pt": [
        ("Onde está o meu pedido?", "Prezado cliente, seu pedido saiu na segunda. Atenciosamente"),
        ("Não consigo entrar", "Lamentamos, você pode trocar a senha."),
        ("Posso devolver?", "Claro, em até 30 dias."),
        ("Quanto custa o frete?", "O frete custa dez reais."),
        ("Veio quebrado", "Enviamos outro hoje, obrigado por avisar."),
    ],
    "nl": [
        ("Waar is mijn bestelling?", "Beste klant, bedankt voor uw bericht. Uw bestelling is onderweg."),
        ("Ik kan niet inloggen", "Het spijt ons, u kunt uw wachtwoord wijzigen."),
        ("Kan ik ruilen?", "Ja, u kunt binnen 30 dagen ruilen."),
        ("Wat kost verzenden?", "Verzenden kost vijf euro. Met vriendelijke groet"),
        ("Mijn pakket is kapot", "We hebben een nieuw pakket verstuurd."),
    ],
    "pl": [
        (
            "Gdzie jest moje zamówienie?",
            "Szanowny Kliencie, dziękujemy za wiadomość. Zamówienie wysłano w poniedziałek.",
        ),
        ("Nie mogę się zalogować", "Przepraszamy, można zmienić hasło."),
        ("Czy mogę zwrócić?", "Tak, w ciągu 30 dni. Z poważaniem"),
        ("Ile kosztuje wysyłka?", "Wysyłka kosztuje dziesięć złotych."),
        ("Paczka jest uszkodzona", "Przepraszamy, wysłaliśmy nową."),
    ],
    "ru": [
        ("Где мой заказ?", "Уважаемый клиент, спасибо за обращение. Ваш заказ отправлен."),
        ("Не могу войти", "Приносим извинения, вы можете сменить пароль."),
        ("Можно вернуть куртку?", "Да, в течение 30 дней. С уважением"),
        ("Сколько стоит доставка?", "Доставка стоит 300 рублей."),
        ("Посылка пришла битая", "К сожалению, так бывает, мы вышлем новую."),
    ],
    "tr": [
        ("Siparişim nerede?", "Sayın müşterimiz, siparişiniz yola çıktı. Teşekkür ederiz"),
        ("Giriş yapamıyorum", "Özür dileriz, şifrenizi değiştirebilirsiniz."),
        ("İade edebilir miyim?", "Evet, 30 gün içinde."),
        ("Kargo ne kadar?", "Kargo elli lira. Saygılarımızla"),
        ("Paket kırık geldi", "Özür dileriz, yenisini gönderiyoruz."),
    ],
    "ko": [
        ("제 주문은 언제 오나요?", "고객님 안녕하세요. 주문은 월요일에 발송되었습니다. 감사합니다"),
        ("로그인이 안 돼요", "죄송합니다. 설정에서 비밀번호를 바꿔 주시기 바랍니다."),
        ("반품할 수 있나요?", "네, 30일 안에 가능합니다."),
        ("배송비가 얼마인가요?", "배송비는 삼천 원입니다."),
        ("상자가 부서졌어요", "죄송합니다. 새 상품을 보내 드리겠습니다."),
    ],
    "hi": [
        ("मेरा ऑर्डर कहाँ है?", "प्रिय ग्राहक, आपका ऑर्डर सोमवार को भेजा गया। धन्यवाद"),
        ("मैं लॉगिन नहीं कर पा रहा", "क्षमा करें, आप पासवर्ड बदल सकते हैं।"),
        ("क्या मैं वापस कर सकता हूँ?", "हाँ, आप 30 दिनों में वापस कर सकते हैं।"),
        ("डिलीवरी कितनी है?", "डिलीवरी पचास रुपये है।"),
        ("पैकेट टूटा हुआ आया", "खेद है, हम नया भेजेंगे।"),
    ],
    "bn": [
        ("আমার অর্ডার কোথায়?", "প্রিয় গ্রাহক, আপনার অর্ডার সোমবার পাঠানো হয়েছে। ধন্যবাদ"),
        ("আমি লগইন করতে পারছি না", "দুঃখিত, আপনি পাসওয়ার্ড বদলাতে পারেন।"),
        ("আমি কি ফেরত দিতে পারি?", "হ্যাঁ, আপনি ৩০ দিনের মধ্যে পারেন।"),
        ("ডেলিভারি কত?", "ডেলিভারি পঞ্চাশ টাকা।"),
        ("প্যাকেট ভাঙা এসেছে", "দুঃখিত, আমরা নতুন পাঠাব।"),
    ],
    "ar": [
        ("أين طلبي؟", "عزيزي العميل، شكرا لتواصلك، طلبك أرسل يوم الاثنين."),
        ("لا أستطيع الدخول إلى حسابي", "نعتذر، يمكنك تغيير كلمة المرور."),
        ("هل يمكنني الإرجاع؟", "نعم، خلال 30 يوما."),
        ("كم سعر الشحن؟", "الشحن بعشرة ريالات."),
        ("وصل الطرد مكسورا", "نأسف، سنقوم بإرسال بديل."),
    ],
}


@dataclass(frozen=True)
class Case:
    """A table and what is right about it. `extras` must be among those found; `asks`: whether a question is right."""

    name: str
    rows: list[Row]
    format: str
    roles: dict[str, str]
    extras: dict[str, str] = field(default_factory=dict)
    asks: bool = False


def pairs(pool: list[tuple[str, str]], asked: str, answer: str, **more: list[object]) -> list[Row]:
    """A table of a pool's questions and answers among other columns (in the order of the arguments)."""
    rows = []
    for i, (q, a) in enumerate(pool):
        row: Row = {name: values[i % len(values)] for name, values in more.items()}
        rows.append(row | {asked: q, answer: a})
    return rows


def texts(pool: list[tuple[str, str]], text: str, label: str, labels: list[object], times: int = 4) -> list[Row]:
    """Questions with one of a few labels each, long enough that labels repeat."""
    asked = [q for _ in range(times) for q, _ in pool]
    return [{text: f"{q} ({i})", label: labels[i % len(labels)]} for i, q in enumerate(asked)]


def _qa(name: str, pool: list[tuple[str, str]], asked: str, answer: str) -> Case:
    return Case(name, pairs(pool, asked, answer), "prompt_completion", {"prompt": asked, "completion": answer})


IDS: list[object] = [f"T-10{i:02d}" for i in range(40)]
DAYS: list[object] = [f"2024-03-{i:02d} 09:1{i % 10}" for i in range(1, 29)]
GERMAN_DAYS: list[object] = [f"{i:02d}.03.2024" for i in range(1, 29)]
MAILS: list[object] = ["anna@example.com", "ben@example.org", "anna@example.com", "cleo@example.net"]

NAMED = [
    _qa("german", DE, "Kundenanfrage", "Antwort"),
    _qa("german description", DE, "Beschreibung", "Antworttext"),
    _qa("spanish", ES, "Pregunta", "Respuesta del agente"),
    _qa("french", FR, "Message du client", "Réponse"),
    _qa("italian", PAIRS["it"], "Domanda", "Risposta"),
    _qa("portuguese", PAIRS["pt"], "pergunta", "resposta"),
    _qa("dutch", PAIRS["nl"], "Vraag", "Antwoord"),
    _qa("polish", PAIRS["pl"], "Pytanie", "Odpowiedź"),
    _qa("russian", PAIRS["ru"], "Вопрос", "Ответ"),
    _qa("turkish", PAIRS["tr"], "Soru", "Cevap"),
    _qa("japanese", JA, "お問い合わせ内容", "回答"),
    _qa("chinese", ZH, "客户问题", "客服回复"),
    _qa("korean", PAIRS["ko"], "질문", "답변"),
    _qa("hindi", PAIRS["hi"], "प्रश्न", "उत्तर"),
    _qa("bangla", PAIRS["bn"], "প্রশ্ন", "উত্তর"),
    _qa("arabic", PAIRS["ar"], "السؤال", "الإجابة"),
    _qa("camel case", EN, "customerQuestion", "agentAnswer"),
    _qa("typing errors", EN, "Quesiton", "Awnser"),
    _qa("plural, upper case", EN, "QUESTIONS", "ANSWERS"),
    _qa("mail columns", EN, "body_in", "body_out"),
]

MEANINGLESS = [
    _qa("col_a col_b", EN, "col_a", "col_b"),
    Case("swapped order", [{"a": a, "b": q} for q, a in EN], "prompt_completion", {"prompt": "b", "completion": "a"}),
    _qa("column_1 column_2, German", DE, "column_1", "column_2"),
    _qa("Unnamed, Spanish", ES, "Unnamed: 0", "Unnamed: 1"),
    _qa("single letters, French", FR, "x", "y1"),
    _qa("letters, Chinese", ZH, "列1", "列2"),
    _qa("Japanese without names", JA, "column_1", "column_2"),
    Case(
        "ids and dates around, Russian",
        pairs(PAIRS["ru"], "c3", "c4", c1=IDS, c2=DAYS),
        "prompt_completion",
        {"prompt": "c3", "completion": "c4"},
        {"id": "c1", "date": "c2"},
    ),
    _qa("Hindi without names", PAIRS["hi"], "f1", "f2"),
    _qa("Arabic without names", PAIRS["ar"], "col1", "col2"),
    Case(
        "text and number label without names",
        texts(EN, "col_1", "col_2", [0, 1, 2, 3, 4], 5),
        "text_label",
        {"prompt": "col_1", "label": "col_2"},
    ),
    Case(
        "label first, without names",
        [{"A": r["l"], "B": r["t"]} for r in texts(DE, "t", "l", ["Versand", "Konto", "Zahlung"], 5)],
        "text_label",
        {"prompt": "B", "label": "A"},
    ),
    Case(
        "canned answers",
        [{"v1": f"{q} {i}", "v2": EN[i % 3][1]} for i, (q, _) in enumerate(EN * 4)],
        "prompt_completion",
        {"prompt": "v1", "completion": "v2"},
    ),
    Case(
        "nothing says it",
        [{"a": f"alpha {i} beta", "b": f"gamma {i} delta"} for i in range(30)],
        "unclear",
        {},
        asks=True,
    ),
]

EXPORTS = [
    Case(
        "zendesk with reply",
        pairs(
            EN,
            "Description",
            "Agent reply",
            **{
                "Ticket ID": list(range(5001, 5041)),
                "Created at": DAYS,
                "Requester": MAILS,
                "Status": ["solved", "open"],
                "Priority": ["high", "low", "normal"],
                "Subject": ["Help", "Order", "Question about an invoice"],
            },
        ),
        "prompt_completion",
        {"prompt": "Description", "completion": "Agent reply"},
        {"id": "Ticket ID", "date": "Created at", "group": "Requester"},
    ),
    Case(
        "zendesk comments",
        [
            {
                "ticket_id": 100 + i // 2,
                "author_role": ("end-user", "agent")[i % 2],
                "created_at": DAYS[i],
                "body": EN[i // 2][i % 2],
            }
            for i in range(16)
        ],
        "chat_rows",
        {"text": "body"},
        {"group": "ticket_id", "speaker": "author_role", "date": "created_at"},
        asks=True,
    ),
    Case(
        "freshdesk",
        pairs(
            EN,
            "Description Text",
            "Resolution",
            **{"Ticket Id": IDS, "Created Time": DAYS, "Type": ["Question", "Incident"], "Source": ["Email", "Portal"]},
        ),
        "prompt_completion",
        {"prompt": "Description Text", "completion": "Resolution"},
        {"id": "Ticket Id", "date": "Created Time"},
    ),
    Case(
        "jira, what kind of issue",
        [
            {
                "Issue key": f"SUP-{i}",
                "Summary": q[:20],
                "Description": f"{q} Seen {i} times.",
                "Issue Type": ("Bug", "Task", "Story")[i % 3],
                "Created": DAYS[i % 28],
            }
            for i, (q, _) in enumerate(EN * 5)
        ],
        "text_label",
        {"prompt": "Description", "label": "Issue Type"},
        {"id": "Issue key", "date": "Created"},
    ),
    Case(
        "shopify reviews with stars",
        [
            {
                "product": ("Lamp", "Chair")[i % 2],
                "review_text": f"{q} Bought in week {i}.",
                "rating": i % 5 + 1,
                "email": MAILS[i % 4],
            }
            for i, (q, _) in enumerate(EN * 5)
        ],
        "text_label",
        {"prompt": "review_text", "label": "rating"},
        {"group": "email"},
    ),
    Case(
        "hubspot conversations",
        [
            {
                "Thread ID": f"h{i // 4}",
                "Sender": ("Anna Ott", "Tom (Acme Support)")[i % 2],
                "Sent at": DAYS[i],
                "Message": EN[i % 8][i % 2],
            }
            for i in range(16)
        ],
        "chat_rows",
        {"text": "Message"},
        {"group": "Thread ID", "speaker": "Sender", "date": "Sent at"},
        asks=True,
    ),
    Case(
        "salesforce",
        pairs(
            EN,
            "Case Description",
            "Case Resolution",
            CaseNumber=IDS,
            **{"Account Name": ["Acme", "Bolt", "Acme", "Core"], "Date/Time Opened": DAYS},
        ),
        "prompt_completion",
        {"prompt": "Case Description", "completion": "Case Resolution"},
        {"id": "CaseNumber", "group": "Account Name", "date": "Date/Time Opened"},
    ),
    Case(
        "german business csv",
        pairs(
            DE,
            "Nachricht Kunde",
            "Unsere Antwort",
            **{
                "Vorgangsnummer": IDS,
                "Eingangsdatum": GERMAN_DAYS,
                "Kundennr.": ["K1001", "K1002", "K1001"],
                "Kanal": ["Mail", "Telefon"],
            },
        ),
        "prompt_completion",
        {"prompt": "Nachricht Kunde", "completion": "Unsere Antwort"},
        {"id": "Vorgangsnummer", "date": "Eingangsdatum", "group": "Kundennr."},
    ),
    Case(
        "german categories",
        texts(DE, "Beschreibung", "Kategorie", ["Versand", "Konto", "Zahlung"], 5),
        "text_label",
        {"prompt": "Beschreibung", "label": "Kategorie"},
    ),
    Case(
        "japanese categories",
        texts(JA, "問い合わせ内容", "カテゴリ", ["配送", "返品"], 5),
        "text_label",
        {"prompt": "問い合わせ内容", "label": "カテゴリ"},
    ),
    Case(
        "yes and no",
        texts(EN, "comment", "is_spam", ["yes", "no"], 5),
        "text_label",
        {"prompt": "comment", "label": "is_spam"},
    ),
    Case(
        "numbers of classes",
        texts(EN, "sentence", "label", [0, 1, 2, 3, 4], 5),
        "text_label",
        {"prompt": "sentence", "label": "label"},
    ),
    Case(
        "number and its name",
        [
            r | {"label_text": ("low", "mid", "high")[int(str(r["label"]))]}
            for r in texts(EN, "text", "label", [0, 1, 2], 5)
        ],
        "text_label",
        {"prompt": "text"},
    ),
    Case(
        "two labels",
        [
            r | {"sentiment": ("good", "bad")[i * 7 % 5 % 2]}
            for i, r in enumerate(texts(EN, "text", "topic", ["a", "b", "c"], 5))
        ],
        "text_label",
        {"prompt": "text"},
        asks=True,
    ),
    Case(
        "split and language in columns",
        pairs(
            EN,
            "question",
            "answer",
            split=["train", "train", "test", "validation"],
            lang=["en"],
            uid=[f"{i:08x}-aaaa-4bbb-8ccc-{i:012x}" for i in range(8)],
        ),
        "prompt_completion",
        {"prompt": "question", "completion": "answer"},
        {"split": "split", "language": "lang", "id": "uid"},
    ),
    Case(
        "reading comprehension",
        [{"context": "The shop opens at nine and closes at six.", "question": q, "answer": a} for q, a in EN],
        "prompt_completion",
        {"prompt": "question", "input": "context", "completion": "answer"},
    ),
    Case(
        "articles and summaries",
        [{"article": " ".join([a] * 8), "highlights": q} for q, a in EN],
        "prompt_completion",
        {"prompt": "article", "completion": "highlights"},
    ),
    Case(
        "alpaca in Chinese",
        [{"指令": "翻译成英文", "输入": q, "输出": a} for q, a in ZH],
        "alpaca",
        {"prompt": "指令", "input": "输入", "completion": "输出"},
    ),
    Case(
        "sentence pairs",
        [{"premise": q, "hypothesis": a, "label": i % 3} for i, (q, a) in enumerate(EN * 4)],
        "text_label",
        {"prompt": "premise", "input": "hypothesis", "label": "label"},
    ),
    Case(
        "thumbs",
        [r | {"thumbs_up": ("true", "false")[i % 2]} for i, r in enumerate(pairs(EN, "prompt", "response"))],
        "kto",
        {"prompt": "prompt", "completion": "response", "label": "thumbs_up"},
    ),
    Case(
        "better and worse",
        [{"question": q, "good_answer": a, "bad_answer": "No idea."} for q, a in EN],
        "preference",
        {"prompt": "question", "chosen": "good_answer", "rejected": "bad_answer"},
    ),
    Case(
        "implicit prompt",
        [
            {
                side: [{"role": "user", "content": q}, {"role": "assistant", "content": t}]
                for side, t in (("chosen", a), ("rejected", "no"))
            }
            for q, a in EN
        ],
        "preference",
        {"chosen": "chosen", "rejected": "rejected"},
    ),
    Case(
        "messages as JSON in a cell",
        [
            {"id": i, "messages": f'[{{"role":"user","content":"{q}"}},{{"role":"assistant","content":"ok"}}]'}
            for i, (q, _) in enumerate(EN)
        ],
        "messages",
        {"messages": "messages"},
        {"id": "id"},
    ),
    Case(
        "speaker and text turns",
        [{"dialogue": [{"speaker": "customer", "text": q}, {"speaker": "agent", "text": a}]} for q, a in EN],
        "messages",
        {"messages": "dialogue"},
    ),
    Case(
        "whatsapp lines",
        [{"text": f"12/03/24, 09:{i:02d} - {('Anna', 'Shop')[i % 2]}: {EN[i % 8][i % 2]}"} for i in range(16)],
        "chat_log",
        {"text": "text"},
        asks=True,
    ),
    Case(
        "transcripts",
        [{"id": i, "transcript": f"User: {q}\nAgent: {a}\nUser: thanks"} for i, (q, a) in enumerate(EN)],
        "chat_log",
        {"text": "transcript"},
        asks=True,
    ),
    Case(
        "plain paragraphs with ids",
        [{"doc_id": f"d{i}", "text": " ".join([a] * 6)} for i, (_, a) in enumerate(EN)],
        "text",
        {"text": "text"},
        {"id": "doc_id"},
    ),
    Case(
        "two ways of translation",
        [{"translation.de": d[0], "translation.en": e[0]} for d, e in zip(DE, EN, strict=True)],
        "unclear",
        {},
        asks=True,
    ),
]

CASES = [*NAMED, *MEANINGLESS, *EXPORTS]
