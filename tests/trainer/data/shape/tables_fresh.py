"""A second set of made-up tables, written after the rules: other trades, other wordings, other names."""

from __future__ import annotations

from tests.trainer.data.shape.tables import Case

BANK = [
    (
        "is there a fee when i withdraw cash abroad",
        "Withdrawals abroad carry a 2% fee with our basic plan; premium users pay nothing.",
    ),
    (
        "card got eaten by the machine",
        "Block it in the app at once, then order a new one, which arrives in three days.",
    ),
    ("What's the limit for instant transfers?", "Instant transfers are limited to 5,000 EUR a day."),
    ("my pin is not accepted anymore", "After three wrong tries the PIN is locked. Unlock it in the app under Cards."),
    ("Top-up failed, why?", "Your bank declined the top-up. Contact them or use another card."),
    ("need statement for march", "Statements are under Documents. Choose March and download the PDF."),
    ("Can my daughter have an account?", "Children from seven years on can have a junior account."),
    (
        "transfer to wrong person!!",
        "If it is still pending you can cancel it. Otherwise ask the recipient to return it.",
    ),
]
CLINIC = [
    (
        "Seit gestern tut mir das Knie weh, soll ich kommen?",
        "Kühlen Sie das Knie. Wenn es morgen nicht besser ist, kommen Sie in die Sprechstunde.",
    ),
    ("Brauche ein neues Rezept für Ibuprofen", "Das Rezept liegt ab 14 Uhr am Empfang bereit."),
    ("Haben Sie samstags offen?", "Samstags ist von 9 bis 12 Uhr geöffnet."),
    ("Termin verschieben auf Freitag möglich?", "Freitag um 10:30 Uhr ist noch frei, ich habe Sie eingetragen."),
    ("Muss ich nüchtern zur Blutabnahme?", "Ja, bitte acht Stunden vorher nichts essen."),
    ("kind hat 39 fieber", "Geben Sie viel zu trinken und kommen Sie heute noch vorbei."),
]
SCHOOL_ES = [
    ("¿Hasta cuándo puedo inscribir a mi hijo?", "La inscripción termina el 30 de junio."),
    ("Olvidé la clave de la plataforma", "Entre en la página y pulse 'recuperar clave'; recibirá un correo."),
    ("¿El comedor tiene menú sin gluten?", "Sí, basta con avisar en secretaría."),
    ("mi hija está enferma hoy", "Gracias por avisar. Que se mejore pronto."),
    ("¿A qué hora sale el autobús?", "El autobús sale a las 15:40."),
]
SOFT_ZH = [
    ("软件打开就闪退", "请更新到最新版本，若仍闪退请提供日志。"),
    ("怎样导出数据？", "点击右上角菜单，选择导出即可。"),
    ("会员可以退款吗", "购买七天内支持全额退款。"),
    ("为什么同步这么慢", "同步速度取决于网络，建议使用有线连接。"),
    ("手机号换了怎么改", "在个人中心的安全设置中修改手机号。"),
]
HOTEL_JA = [
    ("チェックインは何時からですか？", "チェックインは15時からです。"),
    ("駐車場はありますか", "はい、無料の駐車場がございます。"),
    ("朝食を付けたいです", "承知しました。朝食は一名様1,200円です。"),
    ("予約を取り消したい", "キャンセルを承りました。"),
    ("犬も泊まれますか？", "申し訳ありませんが、ペットはご遠慮いただいております。"),
]


def _two(pool: list[tuple[str, str]], a: str, b: str, swap: bool = False) -> list[dict[str, object]]:
    return [{b: y, a: x} if swap else {a: x, b: y} for x, y in pool]


def _qa(name: str, pool: list[tuple[str, str]], a: str, b: str, swap: bool = False) -> Case:
    return Case(name, _two(pool, a, b, swap), "prompt_completion", {"prompt": a, "completion": b})


FRESH = [
    _qa("bank, letters", BANK, "A", "B"),
    _qa("bank, answer first", BANK, "B", "A", swap=True),
    _qa("bank, client says / we say", BANK, "client_says", "we_say"),
    _qa("bank, incoming outgoing", BANK, "Incoming text", "Outgoing text"),
    _qa("bank, user turn / bot turn", BANK, "user_turn", "bot_turn"),
    _qa("bank, faq", BANK, "FAQ Question (EN)", "FAQ Answer (EN)"),
    _qa("clinic, unnamed", CLINIC, "Unnamed: 1", "Unnamed: 2"),
    _qa("clinic, patient / doctor", CLINIC, "Patient", "Arzt"),
    _qa("clinic, compound names", CLINIC, "Patientenanfrage", "Praxisantwort"),
    _qa("clinic, mistyped", CLINIC, "Anfarge", "Antwrt"),
    _qa("school, spalte", SCHOOL_ES, "columna1", "columna2"),
    _qa("school, padres", SCHOOL_ES, "Mensaje de los padres", "Respuesta del colegio"),
    _qa("software, unnamed", SOFT_ZH, "c1", "c2"),
    _qa("software, names", SOFT_ZH, "用户反馈的问题", "官方答复"),
    _qa("hotel, unnamed", HOTEL_JA, "列A", "列B"),
    _qa("hotel, names", HOTEL_JA, "お客様からの質問", "スタッフの回答"),
    Case(
        "bank, intents without names",
        [{"0": f"{q} {i}", "1": ("fees", "cards", "limits", "cards")[i % 4]} for i, (q, _) in enumerate(BANK * 4)],
        "text_label",
        {"prompt": "0", "label": "1"},
    ),
    Case(
        "clinic urgency yes no",
        [{"Nachricht": f"{q} {i}", "dringend": ("ja", "nein")[i % 2]} for i, (q, _) in enumerate(CLINIC * 4)],
        "text_label",
        {"prompt": "Nachricht", "label": "dringend"},
    ),
    Case(
        "orders export with a note",
        [
            {
                "Order": f"#10{i}",
                "Paid at": f"2023-11-{i + 1:02d}T10:00:00Z",
                "Billing City": "Bonn",
                "Note from buyer": q,
                "Merchant reply": a,
                "Total": f"{i}.90",
            }
            for i, (q, a) in enumerate(BANK)
        ],
        "prompt_completion",
        {"prompt": "Note from buyer", "completion": "Merchant reply"},
        {"date": "Paid at"},
    ),
    Case(
        "intercom parts",
        [
            {
                "conversation_id": f"c{i // 4}",
                "part_author": ("user", "admin")[i % 2],
                "part_body": BANK[i % 8][i % 2],
                "part_created": 1700000000 + i,
            }
            for i in range(24)
        ],
        "chat_rows",
        {"text": "part_body"},
        {"group": "conversation_id", "speaker": "part_author"},
        asks=True,
    ),
    Case(
        "chat rows with names of people",
        [
            {
                "room": f"r{i // 6}",
                "nick": ("maria", "tobias")[i % 2],
                "msg": BANK[i % 8][i % 2],
                "ts": f"2024-05-0{i // 6 + 1} 10:{i:02d}",
            }
            for i in range(24)
        ],
        "chat_rows",
        {"text": "msg"},
        {"speaker": "nick", "date": "ts"},
        asks=True,
    ),
    Case(
        "call transcripts with an outcome",
        [
            {"call_id": i, "transcript": f"{q} {a} {i}", "outcome": ("sold", "lost")[i % 2]}
            for i, (q, a) in enumerate(BANK * 3)
        ],
        "text_label",
        {"prompt": "transcript", "label": "outcome"},
        {"id": "call_id"},
    ),
    Case(
        "code",
        [{"nl": f"count rows of table {i}", "sql": f"SELECT COUNT(*) FROM t{i}"} for i in range(12)],
        "prompt_completion",
        {"prompt": "nl", "completion": "sql"},
    ),
    Case(
        "title, body and tags",
        [
            {"title": q, "body": f"{q} {a} {i}", "tags": ("money", "cards", "app")[i % 3]}
            for i, (q, a) in enumerate(BANK * 3)
        ],
        "text_label",
        {"prompt": "body", "label": "tags"},
    ),
    Case(
        "English and German",
        [
            {"en": "Open the file", "de": "Öffnen Sie die Datei"},
            {"en": "Save", "de": "Speichern"},
            {"en": "Close the window", "de": "Schließen Sie das Fenster"},
        ]
        * 4,
        "unclear",
        {},
        asks=True,
    ),
    Case(
        "news only",
        [
            {"headline_id": i, "article": f"{a} " * 9, "published": f"2022-01-{i + 1:02d}"}
            for i, (_, a) in enumerate(BANK)
        ],
        "text",
        {"text": "article"},
        {"date": "published"},
    ),
    Case(
        "slack export",
        [{"text": line} for i in range(8) for line in (f"{('Jo Fox', 'Help Desk')[i % 2]}  9:1{i} AM", BANK[i][i % 2])],
        "chat_log",
        {"text": "text"},
        asks=True,
    ),
    Case(
        "german roles in lines",
        [{"text": f"{('Kundin', 'Beraterin')[i % 2]}: {CLINIC[i % 6][i % 2]}"} for i in range(12)],
        "chat_log",
        {"text": "text"},
        asks=True,
    ),
    Case(
        "openai messages with tools",
        [
            {
                "messages": [
                    {"role": "user", "content": q},
                    {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": "{}"}}],
                    },
                    {"role": "tool", "content": "1"},
                    {"role": "assistant", "content": a},
                ],
                "tools": [{"name": "f"}],
            }
            for q, a in BANK
        ],
        "messages",
        {"messages": "messages", "tools": "tools"},
    ),
    Case(
        "dpo under other names",
        [{"query": q, "response_chosen": a, "response_rejected": "I do not know."} for q, a in BANK],
        "preference",
        {"prompt": "query", "chosen": "response_chosen", "rejected": "response_rejected"},
    ),
    Case(
        "liked answers",
        [{"user_query": q, "bot_answer": a, "feedback": ("👍", "👎")[i % 2]} for i, (q, a) in enumerate(BANK)],
        "kto",
        {"prompt": "user_query", "completion": "bot_answer", "label": "feedback"},
    ),
    Case(
        "emotion numbers",
        [{"idx": i, "sent": f"{q} {i}", "emo": i % 6} for i, (q, _) in enumerate(BANK * 5)],
        "text_label",
        {"prompt": "sent", "label": "emo"},
        {"id": "idx"},
    ),
]
