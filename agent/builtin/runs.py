"""Runs, checkpoints, steps and stopping points named in a message."""

from __future__ import annotations

import re
from typing import Any

from agent.builtin.text import Scan
from agent.situation import Situation

_RUN = re.compile(
    r"(?<![A-Za-z0-9_À-ɏ])(?:runs?|trial|lauf|läufe|ejecuci[oó]n|corrida|essai|run|rán|运行"
    r"|实验|রান|रन)[ _#-]*(?:nr\.?|no\.?|number|id)?[ _#-]*(\d+)((?:\s*(?:,|and"
    r"|und|vs\.?|versus|y|et|or|oder|&|to|mit|con|avec|against|with|than|和|与|跟"
    r"|对|aur|ar|আর|और|এবং|से|की)\s*(?:runs?|lauf|the )?[ _#-]*\d+(?![\w%.]))*)"
)
_CHECKPOINT = re.compile(
    r"(?:checkpoint|ckpt|检查点|断点|चेकपॉइंट|চেকপয়েন্ট)[ _#-]*(?:at |from |of |von"
    r" |no\.? |number )?(?:step |schritt )?(\d+)|(?:step|schritt|paso|étape|第)["
    r" _#-]*(\d+)(?:步)?[ -]*(?:checkpoint|ckpt|的?检查点|的?断点|के चेकपॉइंट|er checkpoint)"
)
_STEP_OF = re.compile(
    r"(?:checkpoint|ckpt|save|adapter|version|weights|one)\s+(?:from|at|of|after|saved at)\s+(?:the )?step\s*(\d+)"
)
_BEST = re.compile(
    r"best (?:one|checkpoint|ckpt|epoch|step|weights|save|model|version|state)"
    r"|(?:checkpoint|ckpt) with the (?:lowest|best)\s\w+|best(?:en?|er)? checkpoint"
    r"|mejor (?:checkpoint|punto)|meilleur (?:checkpoint|point)|最(?:好|佳|优)的?(?:检查点"
    r"|checkpoint|模型|断点)"
)
_LAST = re.compile(
    r"(?:last|latest|newest|most recent|final|letzten?|neuesten?|último|ultimo"
    r"|dernier|最后(?:一个)?|最新|上一个|上次|shesh|akhri|aakhri|শেষ|आखिरी|अंतिम|पिछले)\s?(?:的)?\s?(?:saved"
    r" |good )?(?:checkpoint|ckpt|save|saved \w+|punto(?: de control)?|point(?:"
    r" de sauvegarde)?|检查点|断点|保存|চেকপয়েন্ট|चेकपॉइंट|state|snapshot)"
)
_STEP = re.compile(
    r"(?:step|schritt|paso|étape|etape|iteration|iter|第|স্টেপ|स्टेप|ধাপ|चरण)s?["
    r" #:]*(?:number |nr\.? )?(?:around |about |~)?(\d+)(?![.\d])|(\d+)\s*(?:步"
    r"|ve step|नंबर स्टेप|no step|number step)"
)
_EPOCH = re.compile(
    r"(?:in|at|after|since|from|during|around|ab|nach|en la|en|à|um|第)\s*(?:the"
    r" )?(?:epoch|epoche|época|époque)[ #]*(\d+(?:\.\d+)?)|(?:epoch|epoche|época"
    r"|époque)[ #](\d+(?:\.\d+)?)(?=\s+(?:on|onwards|it|the|loss|eval|an))|第\s*(\d+)\s*(?:轮"
    r"|个?epoch)"
)


def ids(text: str, situation: Situation) -> list[str]:
    """Run ids named in the text, in the spelling of the situation where it knows them."""
    known = {_digits(r.get("run_id", "")): str(r["run_id"]) for r in situation.runs if r.get("run_id")}
    if situation.run and situation.run.get("run_id"):
        known.setdefault(_digits(situation.run["run_id"]), str(situation.run["run_id"]))
    found = [r for r in dict.fromkeys(known.values()) if re.search(rf"(?<![\w-]){re.escape(r.lower())}(?![\w])", text)]
    for match in _RUN.finditer(text):
        for number in re.findall(r"\d+", match.group()):
            name = known.get(number, f"run-{number}")
            if name not in found and (known.get(number) or "-" in match.group() or match.group(2) or not known):
                found.append(name)
    if not found and known:
        pair = re.search(
            r"(?<![\w.-])#?(\d+)\s*(?:vs\.?|versus|and|und|or|against|和|y|et|gegen)\s*#?(\d+)(?![\w.%])",
            text,
        )
        if pair and all(g in known for g in pair.groups()):
            found = [known[g] for g in pair.groups()]
    return found or _by_order(text, situation)


def _digits(run_id: object) -> str:
    digits = re.findall(r"\d+", str(run_id))
    return digits[-1] if digits else str(run_id)


def _by_order(text: str, situation: Situation) -> list[str]:
    names = [str(r["run_id"]) for r in situation.runs if r.get("run_id")]
    if len(names) < 2:
        return []
    if re.search(
        r"last (?:two|2)|(?:two|2) (?:most recent|latest|last)|letzten (?:beiden|2"
        r"|zwei)|(?:dos|2) últim\w+|últim\w+ (?:dos|2)|(?:deux|2) derni\w+|derni\w+"
        r" (?:deux|2)|最(?:后|近)(?:的)?(?:两|2)|(?:last|pichle|shesh) (?:do|dui|2|দুই"
        r"|दो)",
        text,
    ):
        return names[-2:]
    if re.search(
        r"first (?:one )?(?:and|with|vs|to|against) (?:the )?last|latest (?:one )?(?:and"
        r"|with|vs|to|against) (?:the )?first",
        text,
    ):
        return [names[0], names[-1]]
    if re.search(r"first (?:two|2)|(?:two|2) first|ersten (?:beiden|zwei)", text):
        return names[:2]
    if re.search(
        r"(?:last|latest|newest|current|this) (?:one|run) (?:and|with|vs|to|against)"
        r" (?:the )?(?:previous|one before|prior)|with the (?:previous|last) (?:one"
        r"|run)|than (?:the )?(?:last|previous) (?:one|run|time)|previous (?:one|run)",
        text,
    ):
        return names[-2:]
    if len(names) == 2 and re.search(
        r"both|these two|the two|them|beide|las dos|ambos|les deux|两个|dono|duita|दोनों|দুটো", text
    ):
        return names
    return []


def all_runs(text: str) -> bool:
    """Whether every run is meant."""
    return bool(
        re.search(
            r"(?<![A-Za-z0-9_À-ɏ])(?:all|every|each|alle|todas?|todos|toutes?|tous)(?: of)?(?: the"
            r"| my| our| las| los| meine| les| mes| mis| of them)?\s*(?:\d+ )?(?:runs?"
            r"|experiments|trials|läufe|ejecuciones|corridas|essais|them)|(?:所有|全部)(?:的)?(?:运行"
            r"|实验|训练|run)|(?:sob|sab|saare|सभी|सारे|সব) (?:run|रन|রান)|overview of (?:my"
            r"|the) runs|(?:rank|table of|list)(?: \w+)* runs",
            text,
        )
    )


def checkpoint(text: str) -> str | None:
    """'best', 'last' or a checkpoint's name."""
    match = _CHECKPOINT.search(text) or _STEP_OF.search(text)
    if match:
        return f"checkpoint-{next(g for g in match.groups() if g)}"
    if _BEST.search(text):
        return "best"
    return "last" if _LAST.search(text) else None


def step(text: str) -> int | None:
    """A training step that is named."""
    match = _STEP.search(text)
    return int(next(g for g in match.groups() if g)) if match else None


_PLACE = re.compile(
    r"(?:at|around|near|about|since|after|from|um|bei|ab|en|vers|sur|~)\s+(?:the )?(\d{2,})(?![\d.%])(?!\s*[a-z])"
)


def place(text: str, steps: int) -> int | None:
    """A bare number that can only be a step of the run: 'why did it jump at 380?'."""
    match = _PLACE.search(text)
    return int(match[1]) if match and int(match[1]) <= steps else None


def epoch(text: str) -> float | None:
    """An epoch that is named as a place in the run."""
    match = _EPOCH.search(text)
    return float(next(g for g in match.groups() if g)) if match else None


_EPOCH_END = re.compile(
    r"(?:after|at the end of|end of|when|once|finish\w*|until|let)(?: it finish\w*)?(?:"
    r" the| this| that| current| one| next| end| of| it| finish| is| done| with)*"
    r" epoch|epoch (?:end|is (?:over|done|finished)|ends|finish\w*)|(?:nach|am"
    r" ende) (?:der|dieser|die|diese)?\s?(?:laufenden |aktuellen )?epoche|(?:al"
    r"|cuando|después de) (?:final|terminar|termine|acabar|acabe|esta)?(?: de)?(?:"
    r" la| esta)? época|(?:à la )?fin de (?:l'|cette )?époque|après (?:cette|l')"
    r" ?époque|(?:这|本|当前)(?:个)?(?:轮|epoch)(?:结束|跑完|训练完)?|(?:轮|epoch)(?:结束|跑完)"
    r"|(?:ye|is|ei) epoch (?:ke baad|khatam|shesh|er por)|epoch (?:ke baad|khatam"
    r" hone|shesh hole|er por)|(?:current|this|the) (?:pass|lap|round)(?: \w+){0,4} (?:is|through|done|over|ends|finish\w*)"
    r"|(?:end of|after|finish) (?:the|this)(?: current)? (?:pass|lap|round)|epochenende|ende der (?:runde|epoche)"
    r"|(?:termine|acabe|cierre|complete|finalice) (?:la|esta)(?: actual)? (?:época|vuelta|pasada)"
    r"|(?:bout|terme) de (?:l'|cette )?époque|époque (?:finie|terminée)|(?:跑完|训练完|练完|等)(?:这|本|当前)(?:一)?(?:个)?(?:轮|epoch)"
    r"|(?:yeh?|is|यह|ये) (?:epoch|round|दौर|इपॉक|एपॉक) (?:poora|pura|complete|khatam|पूरा|खत्म)"
    r"|(?:ei|এই) (?:epoch|round|ইপক|এপক|দফা)(?:ta|টা)? (?:shesh|শেষ|er por|এর পর|হলে|hole)|इस (?:इपॉक|एपॉक|epoch) के बाद|এই (?:ইপক|epoch)"
)
_NEXT_EVAL = re.compile(
    r"(?:after|at|until|once|when)(?: the| this)?(?: next| following| coming|"
    r" upcoming)? (?:eval\w*|validation)|next (?:eval\w*|validation)|(?:nach|bei)"
    r" der nächsten (?:eval\w*|validierung)|(?:tras|después de|en) la (?:próxima"
    r"|siguiente) (?:eval\w*|validación)|prochaine (?:éval\w*|validation)|下(?:一)?次(?:评估"
    r"|验证|eval)|(?:por|l)a (?:próxima|siguiente) (?:eval\w*|validación)|agl[aie] (?:eval|validation)"
    r"|अगल[ेी] (?:eval|मूल्यांकन|जांच|वैलिडेशन)|(?:porer|পরের) (?:eval|validation|ইভ্যাল|মূল্যায়ন|ভ্যালিডেশন)"
    r"|(?:coming|upcoming|following) (?:eval\w*|validation)|nächste[nr]? (?:eval\w*|validierung)"
)
_NOW = re.compile(
    r"(?<![A-Za-z0-9_À-ɏ])(?:right now|now|immediately|instantly|at once|asap|this (?:second"
    r"|instant)|sofort|jetzt(?: gleich)?|ahora(?: mismo)?|ya mismo|ya|inmediatamente"
    r"|maintenant|immédiatement|tout de suite|立(?:刻|即)|马上|现在|de inmediato|enseguida|sur-le-champ|illico|auf der stelle|augenblicklich|umgehend|right away|straight away|this minute|赶紧|赶快|立马|即刻|abhi|turant|fauran|jaldi|ekhuni|joldi|फौरन|এখুনি|ekhoni"
    r"|ekhuni|अभी|तुरंत|এখনই|এক্ষুনি)(?![A-Za-z0-9_À-ɏ])"
)
_SAVE = re.compile(
    r"(?<![A-Za-z0-9_À-ɏ])(?:sav(?:e|ing)|keep|checkpoint|snapshot|preserve|store|speicher\w*"
    r"|sicher\w*|behalt\w*|guard\w*|conserv\w*|sauvegard\w*|gard\w*|enregistr\w*)(?![A-Za-z0-9_À-ɏ])"
    r"|保存|存(?:一下|档|个|断点|盘|好|下)|备份|zwischenspeicher|abspeicher|aufheb|bewahr|respald|sin perder|sans perdre|without losing|dont lose|back ?up|persist|bacha(?:o| lo|kar)|बचा|জমা|তুলে রাখ|保留|留(?:下|着)|save (?:kar|kor)|rakh|सेव|रख|সেভ|রাখ|সংরক্ষণ"
)


def stopping(text: str) -> dict[str, Any]:
    """When a run is to stop and whether it is to be saved."""
    slots: dict[str, Any] = {}
    if _EPOCH_END.search(text):
        slots["stop_when"] = "epoch_end"
    elif _NEXT_EVAL.search(text):
        slots["stop_when"] = "next_eval"
    elif _NOW.search(text):
        slots["stop_when"] = "now"
    unsaved = re.search(
        r"(?:no need to|dont|do not|without|not|ohne|sin|sans|不用|不要|不)\s?(?:to )?(?:sav"
        r"|keep|speicher|guardar|sauvegard|保存)",
        text,
    )
    if unsaved:
        slots["save_checkpoint"] = False
    elif _SAVE.search(
        re.sub(
            r"(?:dont|do not|delete|lösch\w*) (?:keep|save)\s?\w*|save (?:money|time|cost\w*|power|energy)",
            "",
            text,
        )
    ):
        slots["save_checkpoint"] = True
    return slots


def take_names(scan: Scan) -> None:
    """Blank out run and checkpoint names, so that their numbers are not read as values."""
    scan.take(_CHECKPOINT)
    scan.take(_RUN)
    scan.take(re.compile(r"(?<![A-Za-z0-9_À-ɏ])plan[-_ ]?\d+(?![A-Za-z0-9_À-ɏ])"))
