"""Forms of questions: what it costs, whether it fits, what a word means."""

from __future__ import annotations

import re

from agent.builtin.reading import Reading

_QUESTION_START = re.compile(
    r"^(?:so |and |but |ok |okay |hey |hi |hm+ |btw |also |quick question[:,]?"
    r" |und |y |et |then |wait |bhai |hello,? )*"
    r"(?:what|whats|which|how|why|is|are|can|could|should|do (?:i|we|you|u|they"
    r"|the|my|these|those)|does|did|will|would"
    r"|whens?|where|who|may|am|isnt|shall|any idea|explain|wie|was|welche|warum"
    r"|kann|soll|brauche|ist|sind|reicht|lohnt|muss|"
    r"qué|que|cuál|cuánto|cuántos|cuanto|cómo|como|por qué|puedo|debo|es|quel"
    r"|quelle|combien|comment|pourquoi|est-ce|puis-je|dois-je|faut-il|c'est quoi"
    r"|kya|kaun|kitna|kitne|kaise|kyun|kon|koto|kivabe|keno|ki|क्या|कौन|कितना"
    r"|कितने|कैसे|क्यों|কি|কী|কোন|কত|কেন|কিভাবে)(?!\w)"
)
_ASKING = re.compile(
    r"\?|吗|什么|多少|哪|怎么|如何|要不要|还是|是不是|为什么|(?<!\w)(?:or|vs|versus|oder|difference"
    r" between)(?!\w)|কোন|কত|কি\s|কী|কেন|क्या|कौन|कितन|कैसे|(?<!\w)(?:kya|koto"
    r"|kon|kitna|kitne|naki|kivabe|kaise|keno|kyun)(?!\w)"
)
COST = re.compile(
    r"(?<!\w)(?:how much|what|estimate|total|whats)(?: \w+){0,6} (?:cost|costs"
    r"|price|money|pay|spend|spent|expensive|dollars|bill)(?!\w)|kostet|(?:wie"
    r" )?teuer|cuánto (?:cuesta|costar|vale|va a costar|me)|combien (?:ça|cela)?"
    r" ?(?:coûte|va)|多少钱|花多少|费用|成本|kitna (?:paisa|kharch|lagega)|koto (?:taka"
    r"|khoroch|khorch)|কত (?:টাকা|খরচ)|कितना (?:खर्च|पैसा|लगेगा)|how expensive"
    r"|cost\?|price\?"
)
HARDWARE = re.compile(
    r"(?:will|would|does|can|is|could|do|kann|passt|läuft|cabe|puede|tient)(?: [\w.]+){0,8} "
    r"(?:fit|run|possible|work|train\w*|enough|handle|passen|laufen|reicht|reichen|suffice|ok|doable|feasible)"
    r"(?: [\w.]+){0,4}? ?(?:(?:on|in|with|auf|en|sur|mit|for)(?: \w+){0,3} (?:gpus?|cards?|vram|laptop|cpu|"
    r"colab|machine|\d+ ?(?:gb|gigs?|g)|\d0[5-9]0|t4|l4|[ah]\d00|mac\w*|computer|pc|one|rtx\w*|kaggle|memory)"
    r"|(?<=possible) with qlora)"
    r"|\d+ ?(?:gb|gigs?|g)(?: \w+){0,2} (?:enough|ok|sufficient|suffice|reicht|reichen|genug|suffi\w*|basta\w*)"
    r"|(?:is|are|reicht|reichen) (?:an? |my |the |ein\w* )?\d* ?(?:gb|gigs?|x)? ?(?:rtx |tesla )?"
    r"(?:t4|l4|[ah]\d00|\d0[5-9]0|mac\w*|gpu|cpu|laptop)(?: \w+){0,4} (?:enough|ok|sufficient|good|für|for)"
    r"|(?:what|which|how (?:much|many|big))(?: \w+){0,3} (?:gpus?|vram|memory|hardware|card|machine|cards|ram)(?!\w)"
    r"|(?:colab|runpod|kaggle|lambda|vast|a100|h100|t4|l4|4090|3090|mac\w*)(?: \w+){0,3} (?:or|vs\.?|oder|versus|还是)"
    r"|(?:gpu|vram|显存|显卡)\S{0,8}(?:够|多少|多大|需要|什么|哪)(?!\S{0,3}怎么)"
    r"|(?:需要|要)\S{0,4}(?:gpu|显存|显卡|多大)"
    r"|(?:welche|wie viel|wieviel|was für) (?:eine )?(?:gpu|grafikkarte|vram|speicher|hardware)"
    r"|(?:qué|cuánta) (?:gpu|vram|memoria|tarjeta)|(?:quelle?|combien de) (?:gpu|vram|carte|mémoire)"
    r"|(?:kon|koto|kitna|kitni|kaun ?si) (?:gpu|vram|memory)|(?:কোন|কত) (?:জিপিইউ|gpu|vram)"
    r"|(?:कौन|कितन)\S* (?:gpu|जीपीयू|vram)|passt (?:das|es|er) (?:auf|in)|multi[- ]gpu\?"
)
DEFINITION = re.compile(
    r"^(?:(?:so|and|ok|wait|btw|hey),? )?(?:whats|what is|what are|what does|what"
    r" do|was ist|was sind|was bedeutet|was heißt|qué es|qué son|qué significa"
    r"|c'est quoi|qu'est-ce que?|que signifie|explain|erklär\w*(?: mir)?|explícame"
    r"|explique)(?: a| an| the| ein\w*| der| die| das| el| la| le| un\w*)? ?[\w"
    r" -]{1,30}\??(?: mean| do| bedeut\w*)?\??$|^\S{1,12}(?:是什么|什么意思|是啥)|(?:mane"
    r" ki|matlab kya|kya hota hai|ki jinish|কি জিনিস|মানে কি|क्या होता है|का मतलब)"
)


_POLITE = re.compile(
    r"^(?:hey |hi |ok |so |please |pls |bitte |and |also )*"
    r"(?:(?:can|could|would|will) (?:you|u|ya|we)|kannst du|könntest du|können wir|kannst|puedes|"
    r"podrías|podemos|peux-tu|pouvez-vous|tu peux|kya (?:tum|aap)|can i (?:get|have))"
    r"(?! (?:tell|explain|recommend|suggest|say|help me (?:decide|understand|choose)|erklären|sagen|"
    r"decir\w*|explic\w*|dire))"
)


def asking(r: Reading) -> bool:
    """Whether the message asks for an answer rather than for something to be done."""
    if _POLITE.search(r.order):
        return False
    return bool(_QUESTION_START.search(r.order) or _ASKING.search(r.order))


_WISH_START = re.compile(
    r"^(?:(?:es|er|sie|das) (?:soll|sollte|muss|müsste)|was ich brauche|que (?:me |se |le )?\w+[ae]n? (?!es\b)"
    r"|(?:could|can) (?:a|an|some) (?:model|bot|ai|machine|llm)|(?:is|was) (?:it )?possible to)(?!\w)"
)
_EITHER = re.compile(r"(?<!\w)(?:or|vs|versus|oder|naki|uchit)(?!\w)|还是|নাকি|উচিত|या")


def asked(r: Reading) -> bool:
    """Whether the message is a question as a whole, not a wish with an 'or' in it."""
    if _POLITE.search(r.order) or _WISH_START.search(r.order):
        return False
    ends = re.search(r"(?:\?|吗|呢|么)[\s.!]*$", r.order)
    return bool(ends or _QUESTION_START.search(r.order)) or bool(_EITHER.search(r.order) and (r.topics or r.metrics))
