"""The words and signs by which flags are known: regular expressions, linear in the text.

What has no end of its own is bounded, so that no text takes longer than in proportion.
"""

from __future__ import annotations

import re

_I = re.IGNORECASE
ALOUD = re.compile(
    r"(?:(?:okay|ok|alright|right|so|hm+|well|wait|now)\b[,.!…]*\s+)?(?:so\s+)?(?:"
    r"let(?:'s|’s| me| us) (?:think|look|see|analy[sz]e|consider|break|start|examine|figure)\b"
    r"|the user (?:is|wants|asks|has|needs|would)\b"
    r"|(?:i|we) (?:need|have|should|must) (?:to )?(?:come|look|think|find|figure|give|determine|"
    r"identify|write|name|produce|output|describe|consider|make)\b"
    r"|first,? (?:i|we|let)\b|step (?:1|one)\s*[:.])|hm+\b[,.…]|to answer (?:this|the)\b"
    r"|(?:thinking|thoughts?|thought process|analysis|reasoning)\s*:"
    r"|i (?:can )?see (?:an?|the|some)\b[^\n]{0,200}\b(?:so|likely|probably|maybe|perhaps|must)\b",
    _I,
)
MARKS = re.compile(r"^[\s*_#>`\"“]+")
LABEL = re.compile(
    r"(?:[\w-]+\s+){0,4}?"
    r"(?:title|name|answer|caption|description|suggestion|recipe|dish|idea|titre|titel|título|"
    r"titolo|标题|答案)s?(?: (?:options?|ideas?|suggestions?))?[*_\"]{0,3}\s*(?:[:：]|\s[-–—]\s)"
    r"|how about(?: (?:this|the|an?)[^:\n]{0,30})?\s*:",
    _I,
)
WILLING = re.compile(
    r"(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok|alright|great|gladly)"
    r"(?:\s*[!,.:]|\s+[-–—]\s)",
    _I,
)
LEAD_IN = re.compile(
    r"here you (?:go|are)\b|in (?:this|the) (?:image|picture|photo)(?:,|\s(?:we|you|i"
    r"|there)\b)|looking at (?:the|this)\b"
    r"|(?:lovely|nice|great|beautiful|delicious|yum)[\w\s-]{0,30}!\s+(?:here|my|this|i|an?"
    r"|the|how)\b"
    r"|(?:you|we|one) (?:could|might|can|may) (?:also )?(?:(?:call|title|name) (?:it|this"
    r"|the)|go with|consider)\b"
    r"|(?:i|we) (?:think|believe|guess) (?:this|it|that|the)\b|i (?:can )?see (?:an?|the|some)\b"
    r"|th(?:is|at) (?:dish|recipe|meal|food|plate|one) (?:is|could|might|would|should|looks)\b"
    r"|(?:this|it|that)(?:'s| is| was| may be| might be| could be) (?:likely|probably|most likely|"
    r"called)\b|here(?:'s|’s| is| are)\b[^:\n]{0,100}[:：]|this is\b[^:\n]{0,80}[:：]"
    r"|(?:i would|i'd|i’d) (?:call|title|name|suggest|go with|describe|say)\b"
    r"|(?:this|it|that) is an? (?:image|picture|photo|close-up)\b|based on (?:the|this"
    r"|your) (?:image|picture|photo|ingredients|description)\b"
    r"|(?:this|the) (?:image|picture|photo) (?:shows|depicts|features|contains|displays)\b"
    r"|(?:this|it) (?:appears to be|looks like|seems to be)\b"
    r"|(?:the|a|an|one|my)\s+(?:[\w-]+\s+){0,2}(?:title|name|caption|dish|recipe|suggestion|"
    r"food|meal|option|idea|guess)\b[^.\n]{0,60}?\b(?:is|be|are)\b",
    _I,
)
IN_QUOTES = (
    r"(?:\"[^\"\n]+\"|“[^”\n]+”|«[^»\n]+»|‘[^’\n]+’|„[^“”\n]+[“”]|「[^」\n]+」|'(?P<single>[^\"\n]+)')"
    r"[*_]{0,3}[.!,]?$"
)
QUOTED = re.compile(rf"(?:^|[:：]\s*)[*_]{{0,3}}{IN_QUOTES}")
NAMED_IN_QUOTES = re.compile(rf"\s[*_]{{0,3}}{IN_QUOTES}")
LINE_MARK = re.compile(r"^\s*(?:[#>]+\s+|[-*•+]\s+|\d{1,2}[.)]\s+)")
MARKDOWN = re.compile(
    r"```|^\s{0,3}#{1,6}\s+\S|^\s*[-*+•]\s+\S|^\s*\d{1,2}[.)]\s+\S|^\s{0,3}>\s+\S|^\|.*\|\s*$"
    r"|\[[^\]\n]{1,300}\]\([^)\n]{1,300}\)|`[^`\n]{1,300}`"
    r"|\*\*(?=\S)[^\n]{1,300}?(?<=\S)\*\*|(?<!\w)__(?=\S)[^\n]{1,300}?(?<=\S)__(?!\w)"
    r"|(?<![\w*])\*(?=[^\s*])[^*\n]{1,300}(?<=[^\s*])\*(?![\w*])"
    r"|(?<![\w_])_(?=[^\s_])[^_\n]{1,300}(?<=[^\s_])_(?![\w_])",
    re.MULTILINE,
)
_IMAGE = r"(?:image|picture|photo|photograph|attachment)s?"
_CANNOT = (
    r"(?:cannot|can not|can't|can’t|could not|couldn't|couldn’t|am unable|'m unable|’m unable|"
    r"am not able|'m not able|’m not able|will not be able|won't be able|won’t be able)"
)
REFUSAL = re.compile(
    rf"\b(?:i|we) ?{_CANNOT}\s+(?:to\s+)?(?:see|view|identify|help|assist|provide|determine|tell|"
    r"generate|create|process|access|recogni[sz]e|name|describe|give|look|analy[sz]e|make out|"
    r"fulfill?|comply|answer|open|read|do that|suggest|discern)\b"
    rf"|(?:sorry|apologi[sz]e|apologies|unfortunately)\b[^.\n]{{0,80}}\b{_CANNOT}\b"
    r"|\b(?:sorry|apologies|unfortunately)(?:[,.;:]|\s+(?:but|i|this|the|that|there))"
    r"(?!\s*not sorry)[^.\n]{0,60}\b(?:not|no|didn't|didn’t|doesn't|doesn’t|isn't|isn’t)\b"
    r"|^\W*(?:error\b\s*[:.]|unable to (?:determine|identify|see|view|tell|provide|process))"
    r"|\b(?:cannot|can't|can’t|can not|could not) be (?:identified|determined|seen|displayed"
    r"|loaded)"
    r"|\bi (?:do not|don't|don’t) know what\b"
    r"|\bas an? (?:ai|artificial|text-based|large language|language)\b"
    r"|\b(?:i am|i'm|i’m) (?:just |only |merely )?an? (?:ai|(?:large )?language model|text-based)\b"
    rf"|\b(?:there is|there's|there’s) no {_IMAGE}"
    rf"|\bi (?:do not|don't|don’t) see (?:any|an|the|your) {_IMAGE}"
    rf"|\bno {_IMAGE} (?:was |is |has been |were )?(?:provided|attached|uploaded|given|included|"
    r"supplied|found|detected)\b"
    rf"|\b{_IMAGE} (?:did not|didn't|didn’t|does not|doesn't|doesn’t) (?:load|contain|show|seem)\b"
    rf"|\b(?:please|could you|can you)(?: please)? (?:provide|upload|share|attach|send)\b"
    r"|\b(?:it is|it's|it’s) (?:not possible|impossible) to (?:tell|determine|identify|say|see)\b"
    rf"|\b{_IMAGE} is (?:too (?:blurry|dark|small|unclear)|not (?:clear|visible)|unclear)"
    r"|\bi (?:do not|don't|don’t) have (?:the ability|access|enough|sufficient)\b"
    r"|désolée?\b[^\n]{0,40}\bne\b|\bje ne (?:peux|suis) pas\b|\blo siento\b"
    r"|\bno puedo (?:ver|ident"
    r"ificar|ayudar|proporcionar)|\bes tut mir leid\b|\bich kann\b[^.\n]{0,60}\bnicht\b"
    r"|\bmi dispiace\b|\bnon posso\b|\bdesculpe\b|\bsinto muito\b|\bnão (?:posso|consigo)\b"
    r"|抱歉|对不起|對不起|无法|無法|申し訳|できません|죄송|извините|к сожалению",
    _I,
)
REFUSAL_CLUES = (
    "not", "n't", "n’t", "no ", "unable", "sorry", "apolog", "unfortunate", "error", " ai",
    "artificial", "text-based", "language", "provide", "upload", "share", "attach", "send",
    "impossible", "is too ", "unclear", "désol", "je ne", "siento", "mir leid", "ich kann",
    "dispiace", "non posso", "desculpe", "muito", "não", "抱歉", "对不起", "對不起", "无法", "無法",
    "申し訳", "できません", "죄송", "извините", "сожалению",
)  # fmt: skip
"""What a refusal has one of, in small letters: looked for first, in a tenth of REFUSAL's time."""
ANY_COLON = re.compile(r"[:：\-–—]")
"""What LABEL ends with one of."""
ANY_QUOTE = re.compile(r"[\"'“«‘„「]")
"""What QUOTED and NAMED_IN_QUOTES begin with."""
ANY_MARK = re.compile(r"[`#*_|>\[•+\-\d]")
"""What MARKDOWN has one of."""
