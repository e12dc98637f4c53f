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
    r"verrat\w*|muestra|muéstra\w*|lee|dime|enseña|affiche|montre|lis|donne|dikhao"
    r"|dikha|dekhao|bolo|batao|dao|do)(?!\w)|显示|读|看|告诉|打印|给我|是什么|दिखा|बता|দেখাও"
    r"|বলো"
)
_SECRET_PATH = re.compile(
    r"/etc/(?:passwd|shadow)|\.ssh(?!\w)|id_rsa|\.env(?!\w)|\.aws|\.netrc|huggingface/token"
    r"|authorized_keys|credentials|shadow"
)
_WATCHING = re.compile(
    r"detect\w*|classif\w*|filter\w*|moderat\w*|flag\w*|recogni[sz]\w*|identif\w*"
    r"|block\w*|prevent\w*|protect\w*|against|erkenn\w*|detecta\w*|clasific\w*"
    r"|klassif\w*|识别|检测|分类|过滤"
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
_THINGS = re.compile(
    r"folder|director|disk|drive|files?|everything|database|checkpoint|projects?"
    r"|models?|workspace|logs?|backups?|ordner|dateien|alles|festplatte|carpeta"
    r"|archivo|todo|disco|dossier|fichier|tout|rm -|文件|目录|硬盘|全部|所有|检查点|runs?|server"
    r"|dataset"
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
    if "harmful_model" in named and (_WATCHING.search(text) or not (making or _SPEAKS.search(text))):
        named.discard("harmful_model")
    if "harmful_model" in named:
        named.discard("secret_access")
    if "destructive_command" in named and _harmless_removal(text, facts):
        named.discard("destructive_command")
    if "off_topic" in named and (
        making
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
            "have_data",
        }
        or "has:topic_firm" in facts
    ):
        named.discard("off_topic")
    return next((r for r in ORDER if r in named), None)


def _harmless_removal(text: str, facts: set[str]) -> bool:
    """Rows or columns to be left out of a copy; old checkpoints, which a page with its own button does."""
    if re.search(r"(?<!\w)rm -", text):
        return False
    if "delete_old" in facts and "after:clarify" not in facts:
        return True
    return "has:op" in facts and not re.search(r"folder|director|disk|everything|checkpoint|runs|alles", text)
