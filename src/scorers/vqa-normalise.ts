import { pythonSplit } from './python-text.js';

/** The marks that are deleted or replaced by a space, in the official order (VQA, `vqaEval.py`). */
const MARKS = [...';/[]"{}()=+\\_-><@`,?!'];

const NUMBER_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const DIGITS = new Map([
  ['none', '0'],
  ...NUMBER_WORDS.map((word, n): [string, string] => [word, String(n)]),
]);

const ARTICLES = new Set(['a', 'an', 'the']);

/**
 * The contractions that a misspelling is mended to. The official table maps each of these, less any one of its
 * apostrophes, to itself: `couldnt've` and `couldn'tve` become `couldn't've`. (It also lists `Im`, `Ive` and `Id've`,
 * which lower-cased text never matches.)
 */
const CONTRACTED = `
  ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've
  he's how'd how'll how's isn't it'd it'd've it'll ma'am might've mightn't mightn't've must've mustn't needn't not've
  o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's
  someone'd someone'd've someone'll someone's something'd something'd've something'll that's there'd there'd've
  there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's
  what've when's where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've wouldn't
  wouldn't've y'all y'all'd've y'all'll you'd you'd've you'll you're you've`;

const CONTRACTIONS = new Map<string, string>([["somebody'd", 'somebodyd']]); // the one entry that takes a mark away
for (const word of pythonSplit(CONTRACTED)) {
  for (const { index } of word.matchAll(/'/g)) {
    CONTRACTIONS.set(word.slice(0, index) + word.slice(index + 1), word);
  }
}

/** The official call hands `re.UNICODE`, which is 32, to `re.sub` as its count. */
const MOST_PERIODS = 32;

/**
 * `processPunctuation`: a mark is deleted if the text has it beside a space, or if a comma stands between two digits
 * anywhere in the text; else it becomes a space. Then the first 32 periods that no digit follows go.
 */
function punctuation(text: string): string {
  const digitComma = /\p{Nd},\p{Nd}/u.test(text);
  let out = text;
  for (const mark of MARKS) {
    const deleted = digitComma || text.includes(`${mark} `) || text.includes(` ${mark}`);
    out = out.replaceAll(mark, deleted ? '' : ' ');
  }
  let periods = 0;
  return out.replace(/\.(?!\p{Nd})/gu, period => (periods++ < MOST_PERIODS ? '' : period));
}

/** `processDigitArticle`: lower-case words; number words to digits, articles out, contractions mended. */
function digitsAndArticles(text: string): string {
  return pythonSplit(text.toLowerCase())
    .map(word => DIGITS.get(word) ?? word)
    .filter(word => !ARTICLES.has(word))
    .map(word => CONTRACTIONS.get(word) ?? word)
    .join(' ');
}

/** The official VQA normaliser, quirks included (GT-Vision-Lab/VQA, `vqaEval.py`). */
export const normaliseVqa = (text: string): string => digitsAndArticles(punctuation(text));
