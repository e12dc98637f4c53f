"""Real sentences in the encodings offices still use: read right, short and long, and named as guesses."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.data.reading import read
from trainer.errors import UserFacingError

SENTENCES = {
    "german": (["cp1252", "latin-1", "mac_roman"], "Schöne Grüße aus München, die Größe passt leider nicht."),
    "french": (["cp1252", "mac_roman"], "Où est ma commande ? Je l’ai passée l'été dernier, ça n'est pas arrivé."),
    "spanish": (["cp1252"], "¿Dónde está mi pedido? Mañana será demasiado tarde, señor."),
    "euro": (["iso8859_15"], "Das kostet 5 € für Sie, schöne Grüße."),
    "danish": (["cp1252"], "Hvor er min ordre? Jeg har ventet på den længe, må jeg sige."),
    "czech": (["cp1250"], "Příliš žluťoučký kůň úpěl ďábelské ódy. Kde je moje objednávka?"),
    "polish": (["cp1250"], "Zażółć gęślą jaźń. Gdzie jest moja paczka, proszę?"),
    "hungarian": (["cp1250"], "Hol van a rendelésem? Már két hete várok. Köszönöm, őszintén."),
    "russian": (["cp1251", "koi8_r"], "Где мой заказ? Я жду уже вторую неделю, помогите пожалуйста."),
    "greek": (["cp1253"], "Πού είναι η παραγγελία μου; Περιμένω δύο εβδομάδες."),
    "turkish": (["cp1254"], "Siparişim nerede? Çok uzun süredir bekliyorum, lütfen yardım edin. Şimdi değil."),
    "arabic": (["cp1256"], "أين طلبي؟ أنا في انتظاره منذ أسبوعين، الرجاء المساعدة."),
    "hebrew": (["cp1255"], "איפה ההזמנה שלי? אני מחכה כבר שבועיים, בבקשה עזרו לי."),
    "japanese": (["cp932", "euc_jp"], "注文した商品がまだ届いていません。いつ頃届きますか？"),
    "traditional": (["big5"], "我的訂單還沒有到，請問什麼時候可以收到貨物？"),
    "simplified": (["gb18030"], "我的订单还没有到，请问什么时候可以收到货物？"),
    "korean": (["cp949"], "주문한 상품이 아직 도착하지 않았습니다. 언제 받을 수 있나요?"),
}
CASES = [(language, codec) for language, (codecs, _) in SENTENCES.items() for codec in codecs]
SHORT = [
    ("cp1252", "schöne grüße"), ("cp1252", "très bien"), ("cp1251", "Не работает пароль"), ("koi8_r", "Не работает"),
    ("cp932", "返金してください"), ("euc_jp", "返金してください"), ("big5", "謝謝您"),
    ("gb18030", "你好，谢谢"), ("cp949", "환불 해주세요"),
]  # fmt: skip


@pytest.mark.parametrize("times", [3, 400])
@pytest.mark.parametrize(("language", "codec"), CASES)
def test_a_table_in_an_old_encoding(tmp_path: Path, language: str, codec: str, times: int) -> None:
    sentence = SENTENCES[language][1]
    text = "id,text,note\n" + f'1,"{sentence}",plain\n2,only ascii,plain\n' * times
    (tmp_path / "x.csv").write_bytes(text.encode(codec))
    table = read(tmp_path / "x.csv")
    assert {row["text"] for row in table.rows} == {sentence, "only ascii"}
    assert table.encoding.endswith("(guessed)")
    assert not table.problems


@pytest.mark.parametrize(("codec", "text"), SHORT)
def test_a_few_words_are_enough(tmp_path: Path, codec: str, text: str) -> None:
    (tmp_path / "x.txt").write_bytes(f"{text}\n{text}\n".encode(codec))
    assert [r["text"] for r in read(tmp_path / "x.txt").rows] == [text, text]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.json", "x.txt"])
def test_unicode_with_and_without_a_mark(tmp_path: Path, codec: str, name: str) -> None:
    content = {
        "x.jsonl": '{"text": "größe 漢字"}\n{"text": "b"}\n',
        "x.csv": "text,n\ngröße 漢字,1\nb,2\n",
        "x.json": '[{"text": "größe 漢字"}, {"text": "b"}]',
        "x.txt": "größe 漢字\nb\n",
    }
    (tmp_path / name).write_bytes(content[name].encode(codec))
    table = read(tmp_path / name)
    assert [r["text"] for r in table.rows] == ["größe 漢字", "b"]
    assert table.encoding.startswith(codec)


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.txt"])
def test_a_few_bad_bytes_never_garble_the_good_rows(tmp_path: Path, name: str) -> None:
    """UTF-8 with damage stays UTF-8; the damaged line is set aside with its number and its bytes."""
    lines = [f'{{"text": "größe {i}"}}' if name == "x.jsonl" else f"größe {i}" for i in range(100)]
    raw = [line.encode() for line in lines]
    raw[49] = raw[49].replace("ö".encode(), b"\xf6")
    head = b"text\n" if name == "x.csv" else b""
    (tmp_path / name).write_bytes(head + b"\n".join(raw) + b"\n")
    table = read(tmp_path / name)
    assert table.encoding == "utf-8"
    assert [r["text"] for r in table.rows] == [f"größe {i}" for i in range(100) if i != 49]
    (problem,) = table.problems
    assert (problem.rule, problem.line) == ("bad_bytes", 50 + bool(head))
    assert "f6" in problem.what
    assert "'ö'" in problem.what


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(bytes(range(256)) * 100)
    with pytest.raises(UserFacingError, match="not a text file"):
        read(tmp_path / "x.txt")
