"""Answers that a model might give, and odder ones: the inputs on which the scorers are compared with the originals."""

from random import Random

WORDS = """yes no Yes No not none zero one two three ten eleven 0 1 2 3 10 15 2.5 0.5 1,000 12,5 3:45 10:30 a an the A The
red blue dark gray left right above below on top of person man woman dog cat frisbee skateboard traffic light dining table
giraffe pizza Coca-Cola t-shirt men's women's St. Dr. U.S. a.m. p.m. 5th 50% $5 #1 & and/or black/white hot_dog
(left) [right] {x} <b> e-mail@home back`tick semi;colon plus+minus key=value back\\slash "quoted" 'single' don't dont
isnt cant wont its it's lets let's shes she's somebodyd somebody'd twas 'twas oclock 10oclock yall'd've couldntve""".split()

UNICODE = ["é", "ß", "İstanbul", "ΟΔΟΣ", "Σ", "naïve", "東京", "红色", "🐶", "👍🏽", "ｆｕｌｌ", "١٢٣", "𝟏.𝟐", "½", "…", "“quote”", "’s",
           "a\u0301", "\u200b", "\ufeff", "ﬁ", "Ǆ", "ŉ"]

SPACES = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\x1c", "\x1f", "\x85", "\u2028", "\x0b", "\x0c", "\u200b", "\ufeff", ""]

MARKS = list(";/[]\"{}()=+\\_-><@`,?!.':*&^%$#~|")

WHOLE = ["", " ", "\n", ".", "..", ",", "?", "!", "'", "' s", "a", "the", "The a an", "Yes.", "No.", "yes, there is", "No, it is not.",
         "Yes, no", "no. yes", "It is not", "nothing", "cannot", "No\nyes", "nO", "NO", "not.", "There is no dog.", "Not", "x.no", "none",
         "1,000", "1,000,000", "1, 000", "1 ,000", "12,5 cm, wide", "2.5", "2 . 5", ".5", "5.", "v1.2.3.", "." * 40 + "x", "a." * 40,
         "x. " * 33 + "end.", "١,٢", "a ,b", "a, b", "a,b", "a?b", "a ?b", "one two", "two,three", "ten-four", "twenty one", "an apple",
         "man's hat", "mans hat", "it's 5 o'clock", "'s", "s's's", "somebody'd", "somebodyd", "she's", "shes", "lets", "let's", "Im", "Ive",
         "Id've", "I'dve", "im here"]


def odd_answers(count: int, words: list[str], seed: int) -> list[str]:
    """`count` distinct answers: every one of `WHOLE`, then seeded mixtures of words, marks, spaces and letters of many scripts."""
    random = Random(seed)
    answers = dict.fromkeys(WHOLE)
    answers |= dict.fromkeys(f"{left}{mark}{right}" for mark in MARKS for left in ("a", "a ", "1", "") for right in ("b", " b", "2", ""))
    while len(answers) < count:
        answers[one_answer(random, words)] = None
    return list(answers)[:count]


def one_answer(random: Random, words: list[str]) -> str:
    pick = random.random()
    if pick < 0.4:
        parts = [random.choice(words) for _ in range(random.choice([1, 1, 1, 2, 2, 3, 5]))]
        text = " ".join(parts)
    elif pick < 0.8:
        parts = [random.choice(random.choice([WORDS, WORDS, words, UNICODE, MARKS])) for _ in range(random.randint(1, 6))]
        text = "".join(part + random.choice(SPACES if random.random() < 0.3 else [" ", " ", ""]) for part in parts)
    else:
        alphabet = [random.choice(random.choice([MARKS, UNICODE, SPACES, list("abcdeANOnoty0123456789")])) for _ in range(12)]
        text = "".join(random.choice(alphabet) for _ in range(random.randint(1, 16)))
    for change in (str.capitalize, str.upper, lambda t: t + ".", lambda t: t + ",", lambda t: " " + t, lambda t: t + "?", lambda t: t.replace(" ", "-")):
        if random.random() < 0.08:
            text = change(text)
    return text
