"""What is to be exported, in which form and to where."""

from __future__ import annotations

import re
from typing import Any

from agent.builtin import cues

_QUANT = re.compile(
    r"(?<![a-z0-9])((?:i?q[2-8](?:[ _-]?k(?:[ _-]?[sml])?|[ _-]?[01]|[ _-]?xs)?)"
    r"|(?:fp?16|bf16|fp?32)(?=\s*gguf))(?![a-z0-9])"
)
_BITS = re.compile(r"([2-8])[ -]?bits?(?![A-Za-z0-9_À-ɏ])|([2-8])位")
_REPO = re.compile(r"(?<![\w/.@:-])([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?![\w/])")
_FOLDER = re.compile(
    r"(?:folder|directory|dir|path|ordner|verzeichnis|carpeta|directorio|dossier"
    r"|répertoire|目录|文件夹|ফোল্ডার|फ़ोल्डर|फोल्डर)\s*(?:called |named |namens |llamada"
    r" |nommé |: ?|= ?|叫|名为)?[\"']?([\w./-]+)",
    re.I,
)
_INTO = re.compile(
    r"(?:into|under|to|in|as|nach|unter|en|dans|sous|vers|save it to|output(?:_dir)?\s*=?)\s+[\"']?"
    r"((?:\./)?[\w.-]+/(?:[\w.-]+/?)*|\./[\w.-]+|out\w*|final\w*|exports?\w*|[\w]+_(?:model"
    r"|final|adapter|merged|export|out|lora|v\d+)\w*)(?![\w])",
    re.I,
)
_OWNER = re.compile(
    r"(?i)\b(?:org(?:ani[sz]ation)?|user(?:name)?|usuario|account|handle|benutzer\w*|cuenta|compte)(?:\s+(?:is|es|ist|est))?\s*:?\s*"
    r"([\w.-]+)\W+(?:\w+\W+)??(?:names?d?|calls?(?: it)?|llámal[oa]|llama(?:lo)?|nombre|nenn\w*(?: es)?|appelle\S*)\s*:?\s*([\w.-]+)"
)
_DTYPE = (
    ("16bit", r"16[ -]?-?bits?|half precision|16位"),
    ("bf16", r"bf16|bfloat16"),
    ("fp16", r"fp16|float16"),
    ("fp32", r"fp32|float32|full precision|32[ -]?bits?"),
)


def quant(text: str) -> str | None:
    """The GGUF quantisation, in llama.cpp's own spelling."""
    match = _QUANT.search(text)
    if match:
        name = re.sub(r"[ -]", "_", match.group(1)).upper()
        return (
            re.sub(r"^(I?Q\d)K", r"\1_K", re.sub(r"_K([SML])$", r"_K_\1", name))
            .replace("FP16", "F16")
            .replace("FP32", "F32")
        )
    bits = _BITS.search(text)
    if bits and re.search(r"gguf|ollama|llama\.?cpp|lm ?studio", text):
        return {
            "4": "Q4_K_M",
            "5": "Q5_K_M",
            "8": "Q8_0",
            "6": "Q6_K",
            "2": "Q2_K",
            "3": "Q3_K_M",
        }.get(bits.group(1) or bits.group(2))
    return None


def _privacy(text: str) -> bool | None:
    if re.search(
        r"(?<![A-Za-z0-9_À-ɏ])(?:hidden|(?:nobody|no one) (?:else )?(?:should|may|can|must) see|just (?:for )?me|only (?:me|us|i) can|private(?:ly)?|privat\w*|privad[oa]|privée?|not public|keep it"
        r" private|nicht öffentlich|no público|secret)(?![A-Za-z0-9_À-ɏ])|私有|不公开|প্রাইভেট|प्राइवेट"
        r"|निजी",
        text,
    ):
        return True
    if re.search(
        r"(?<![A-Za-z0-9_À-ɏ])(?:public(?:ly)?|öffentlich|público|pública|publique|for everyone"
        r"|open to all)(?![A-Za-z0-9_À-ɏ])|公开|पब्लिक|সবার জন্য",
        text,
    ):
        return False
    return None


def _format(text: str) -> str | None:
    found = cues.named("export_format", text)
    unmerged = re.search(
        r"without merging|dont merge|do not merge|not merged?|unmerged|ohne (?:zu"
        r" )?(?:mergen|merge|zusammen\w*)|sin (?:fusionar|mezclar)|sans fusion\w*"
        r"|不合并|不要合并",
        text,
    )
    if "gguf_adapter" in found or ("gguf" in found and unmerged and "adapter" in text + "lora"):
        return "gguf_adapter"
    if "gguf" in found:
        return "gguf"
    whole = re.search(
        r"not the whole|not the full|nicht das ganze|not merged|unmerged|no (?:el"
        r" )?modelo (?:entero|completo)|pas (?:le modèle )?(?:entier|complet)|不要(?:整个"
        r"|完整)",
        text,
    )
    if re.search(r"adapter|lora|适配器|adaptador|adaptateur", text) and (whole or unmerged or "merged" not in found):
        return "adapter"
    return "merged" if "merged" in found and not unmerged else ("adapter" if "adapter" in found else None)


def _target(text: str, repo: bool) -> str | None:
    found = cues.named("export_target", text)
    for target in ("hub", "ollama", "vllm", "llama_cpp", "archive", "local"):
        if target in found:
            return target
    return "hub" if repo else None


def output_dir(text: str, raw: str) -> str | None:
    """A folder that is named for the result, in the spelling typed."""
    before = re.search(
        r"(?<![\w./-])((?:\./)?[\w-]+(?:/[\w.-]+)+|[\w-]+/)\s*(?:folder|directory|dir|ordner|carpeta|फोल्डर|目录|文件夹)",
        text,
    )
    match = before or _FOLDER.search(text) or _INTO.search(text)
    if not match:
        return None
    at = raw.lower().find(match.group(1).lower())
    return (raw[at : at + len(match.group(1))] if at >= 0 else match.group(1)).rstrip(".,")


def read(text: str, raw: str, extra_dirs: bool = True) -> dict[str, Any]:
    """All export slots that a text fixes."""
    slots: dict[str, Any] = {}
    pushing = re.search(
        r"(?<![A-Za-z0-9_À-ɏ])(?:hub|hugging ?face|hf|push|upload|publish|repo\w*|hochlad\w*|sube"
        r"|publica|publie|envoie)(?![A-Za-z0-9_À-ɏ])|上传|推送|发布",
        text,
    )
    repo = (
        next(
            (m for m in _REPO.finditer(raw) if not re.search(r"\.(?:csv|jsonl?|gguf|txt|parquet)$", m.group(1))),
            None,
        )
        if pushing
        else None
    )
    values = {
        "export_format": _format(text),
        "gguf_quant": quant(text),
        "export_target": _target(text, repo is not None),
        "hub_private": _privacy(text),
        "hub_repo_id": repo.group(1).rstrip(".") if repo else None,
    }
    owner = _OWNER.search(raw)
    if owner and repo is None:
        values["hub_repo_id"] = f"{owner[1]}/{owner[2].rstrip('.')}"
    if repo is None and extra_dirs:
        values["output_dir"] = output_dir(text, raw)
    if values["export_format"] == "merged" or re.search(r"merg|fusion|合并", text):
        values["merge_dtype"] = next(
            (name for name, cue in _DTYPE if re.search(rf"(?<![A-Za-z0-9_À-ɏ])(?:{cue})(?![A-Za-z0-9_À-ɏ])", text)),
            None,
        )
    if values["gguf_quant"] and values["export_format"] is None and re.search(r"gguf|ollama|llama", text):
        values["export_format"] = "gguf"
    slots.update({k: v for k, v in values.items() if v is not None})
    return slots
