"""Requests that are declined: what must not be done, and looks alike that is harmless."""

from __future__ import annotations

import re

from agent.builtin import cues
from agent.builtin.paths import Places

ORDER = (
    "data_exfiltration",
    "secret_access",
    "destructive_command",
    "arbitrary_shell",
    "data_outside_workspace",
    "prompt_injection",
    "budget_guard_bypass",
    "harmful_model",
    "licence_violation",
    "privacy_violation",
    "off_topic",
)
_REVEAL = re.compile(
    r"(?<!\w)(?:show|read|print|give|tell|whats|what|reveal|cat|open|send|dump"
    r"|list|display|paste|echo|expose|output|find|get|zeig\w*|lies|gib|nenn\w*"
    r"|"
    r"verrat\w*|enséña\w*|enseñ\w*|donne\w*|bhej\w*|pathao|muestra|muéstra\w*|lee|dime|enseña|affiche|montre|lis|donne|dikhao"
    r"|dikha|dekhao|bolo|batao|dao|do)(?!\w)|显示|发|读|看|告诉|打印|给我|是什么|दिखा|बता|দেখাও"
    r"|বলো"
)
_SECRET_PATH = re.compile(
    r"/etc/(?:passwd|shadow)|\.ssh(?!\w)|id_rsa|\.env(?!\w)|\.aws|\.netrc|huggingface/token"
    r"|authorized_keys|credentials|id_(?:ed25519|ecdsa|dsa)|/shadow"
)
_WATCHING = re.compile(
    r"drop(?:s|ping)?(?!\w)|remov\w*|sort\w*|detect\w*|classif\w*|filter\w*|moderat\w*|flag\w*|recogni[sz]\w*|spot(?:s|ting)?(?!\w)|block\w*|prevent\w*"
    r"|protect\w*|against|screen(?:s|ing)?(?!\w)|label\w*|annotat\w*|categori[sz]\w*|triage|warn\w*|report\w*|catch\w*"
    r"|(?:over|under|up|down)-?sampl\w*|imbalanc\w*"
    r"|tell apart|distinguish\w*|identif\w*|erkenn\w*|unterscheid\w*|warn\w*|markier\w*|detecta\w*|clasific\w*"
    r"|etiquet\w*|reconoce\w*|avisa\w*|détect\w*|classe\w*|filtr\w*|modér\w*|repèr\w*|signal\w*|klassif\w*"
    r"|(?<!\w)(?:or|vs\.?|versus|/) ?(?:not|legit\w*|ham|clean|real|genuine|normal|fine|ok|benign|harmless)(?!\w)"
    r"|识别|检测|分类|过滤|审核|判断|区分|拦截|标注|防|पहचान|पकड़|শনাক্ত|চিহ্নিত|ধর|pehchan\w*|pakad\w*|shonakto|chine"
)
_EVADING = re.compile(
    r"(?<!\w)(?:evad\w*|bypass\w*|beats?|fools?|tricks?|(?:get|slip|sneak|go)(?:s|es)? past|avoid\w*|undetect\w*"
    r"|umgeh\w*|überlist\w*|evit\w*|contourn\w*)(?!\w)|(?:cant|cannot|not|never|nobody|no one|without)(?: \w+){0,3} "
    r"(?:detect|flag|caught|catch|block|filter|identif|recogni)\w*|绕过|躲过|避开|逃避"
    r"|(?:for|in) (?:my|our) (?:\w+ )?(?:scam|phishing|spam|fraud|catfish|blackmail)\w*(?! (?:detect|filter|class|alert))"
)
_HARMFUL_ALWAYS = re.compile(
    r"(?<!\w)(?:writ(?:e|es|ing)|generat\w*|produc\w*|pretend\w*|schreib\w*|escrib\w*|acos\w*|écri\w*|wire|money|synthes\w*)"
    r"(?!\w)|写|लिख|লেখ|লিখ|likhe|harass\w*|hetze|csam|sexuali[sz]"
)
_SPEAKS = re.compile(r"(?<!\w)(?:says?|make|generate|produce|write|always|respond|answer|help|how to)(?!\w)")
_REPORTED = re.compile(
    r"(?:row|file|line|cell|data|document|column|entry|example|sample|ticket|mail"
    r"|message|zeile|fila|ligne|行)s?\s*\d*\s*(?:says?|said|saying|contains?|reads?"
    r"|has|have|with|tells?|asks?|sagt|steht|enthält|dice|contiene|dit|contient"
    r"|写着|说|包含)"
)
_OBEY = re.compile(
    r"(?:follow|obey|do|execute|carry out|listen to|act on|apply|befolge|obedece"
    r"|sigue|suis|照|按|执行)\w*\s+(?:\w+\s+){0,3}(?:what|whatever|it|them|that|instruction"
    r"|order|command|lo que|ce que)"
)
_STAYS = re.compile(
    r"(?:must|may|should|can|do|does|is)(?:nt| ?not| never)(?: be| to)? (?:\w+ )?(?:sent|leave|uploaded|send|upload|shared|go out)"
    r"|never (?:leave|be sent|be uploaded)|(?:darf|soll)\w* nicht|nicht (?:verlassen|hoch|raus)|no (?:debe|puede)\w* salir"
    r"|ne doi\w* pas|不能(?:上传|外传|发|出)|(?:পাঠানো|পাঠাতে|আপলোড করা|বাইরে) ?\S* ?(?:যাবে না|চাই না)|नहीं (?:जाना|भेज|जाएगा)"
    r"|(?:na|nahi|nahin) (?:bhej|jana|jaye|pathano|jabe)|pathano jabe na"
)
_DESTINATION = re.compile(r"https?:|\S@\S|\d+\.\d+\.\d+\.\d+|webhook|dropbox|pastebin|telegram|gist|s3\b|gmail|ftp")
_SENDING = re.compile(
    r"(?<!\w)(?:send|post|upload|transmit|forward|mail|e-?mail|ship|share|push|put|copy|scp|curl|sync|schick\w*|lade?|sende\w*"
    r"|manda\w*|env[ií]a\w*|sube\w*|envoi\w*|bhej\w*|pathao|patha\w*|daal\w*)(?!\w)|发|传|भेज|পাঠা"
)
_OWN_HUB = re.compile(r"huggingface\.co|hf\.co|127\.0\.0\.1|localhost")
_ABOUT_A_MODEL = re.compile(
    r"(?<!\w)(?:models?|modelle?|modelos?|modèles?|chatbots?|datasets?)(?!\w)|模型|数据集|मॉडल|মডেল"
)
_WAITING = re.compile(
    r"while (?:it|this|that|the \w+|we|i)(?:s| is| are| am)? (?:train|run|wait|cook|learn)\w*|(?<!\w)bored(?!\w)|während|mientras|pendant que"
)
_SHELL_WORDS = re.compile(r"(?<!\w)(?:rm|mkfs\S*|dd|drop|truncate|shutdown|reboot|kill|git|format\w*|rmdir|del)(?!\w)")
_THINGS = re.compile(
    r"folder|director|disk|drive|files?|everything|database|checkpoint|projects?"
    r"|models?|workspace|logs?|backups?|ordner|dateien|alles|festplatte|carpeta"
    r"|archivo|todo|disco|dossier|fichier|tout|rm -|文件|目录|硬盘|全部|所有|检查点|runs?|server"
    r"|dataset|data|original|volume|history|machine|partition|/dev/|raw|source|output|csv|daten|datos|läufe|modell|modèle|modelo"
    r"|platte|(?<!\w)(?:all|every|sab|sara|sare|saare|sob|shob|todos|tout|alle)(?!\w)|数据|模型|目录|磁盘|服务器|断点|旧的"
    r"|फ़ाइल|फाइल|फोल्डर|मॉडल|डेटा|डिस्क|सब|सारे|सभी|पूर|ফাইল|ফোল্ডার|মডেল|ডেটা|ডাটা|ডিস্ক|সব|পুরো|সার্ভার"
)


def _secret(text: str, asked: bool) -> bool:
    return bool(_SECRET_PATH.search(text)) or (asked and bool(_REVEAL.search(text)))


def reason(text: str, places: Places, facts: set[str]) -> str | None:
    """The code of the reason to decline, or None. `text` is without quoted passages."""
    named = set(cues.named("refuse_reason", text))
    making = facts & {"train", "want_model", "has:task"}
    if places.outside:
        named.add("secret_access" if any(_SECRET_PATH.search(p) for p in places.outside) else "data_outside_workspace")
    if _SECRET_PATH.search(" ".join(places.outside) + text):
        named.add("secret_access")
    if "secret_access" in named and not _secret(text + " ".join(places.outside), True):
        named.discard("secret_access")
    if "prompt_injection" in named and _REPORTED.search(text) and not _OBEY.search(text):
        named.discard("prompt_injection")
    if "harmful_model" in named and _harmless_subject(text, bool(making)):
        named.discard("harmful_model")
    if "harmful_model" in named:
        named.discard("secret_access")
    _sent_away(text, named)
    if "destructive_command" in named and _harmless_removal(text, facts):
        named.discard("destructive_command")
    if "off_topic" in named and (
        ((making or _ABOUT_A_MODEL.search(text)) and not _WAITING.search(text))
        or facts
        & {
            "has:dataset",
            "has:edit",
            "chat",
            "has:model",
            "has:symptom_real",
            "export",
            "search",
            "evaluate",
            "has:op",
            "has:check",
            "status",
            "stop",
            "resume",
            "have_data",
        }
        or "has:topic_firm" in facts
    ):
        named.discard("off_topic")
    return next((r for r in ORDER if r in named), None)


def _sent_away(text: str, named: set[str]) -> None:
    """Data for an address outside are declined; 'must not be sent' is no wish to send."""
    if re.search(r"https?:|ftp:|\d+\.\d+\.\d+\.\d+", text) and _SENDING.search(text) and not _OWN_HUB.search(text):
        named.add("data_exfiltration")
    if _STAYS.search(text) and not _DESTINATION.search(text):
        named.discard("data_exfiltration")


def _harmless_subject(text: str, making: bool) -> bool:
    """Something harmful is named only to be recognised, or in passing; not to be made or hidden."""
    if _EVADING.search(text):
        return False
    if _WATCHING.search(text):
        return True
    return not (making or _SPEAKS.search(text) or _HARMFUL_ALWAYS.search(text))


def _harmless_removal(text: str, facts: set[str]) -> bool:
    """Rows or columns to be left out of a copy; old checkpoints, which a page with its own button does."""
    if re.search(r"(?<!\w)rm -|platte|permanent|unwiderruflich|/dev/", text):
        return False
    if not (_THINGS.search(text) or _SHELL_WORDS.search(text)):
        return True
    if "delete_old" in facts and "after:clarify" not in facts:
        return True
    return "has:op" in facts and not re.search(r"folder|director|disk|everything|checkpoint|runs|alles", text)
