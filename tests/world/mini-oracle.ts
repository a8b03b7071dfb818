import type { Scene, SceneObject } from '../../src/world/scene/scene.js';

/** Answers a question of the mini world from its words alone, written apart from the forms that ask. */
export function answerTo(question: string, scene: Scene): string {
  const [stem, ...choices] = question.split('\n');
  if (choices.length === 0) return answerStem(question, scene);
  const asked = stem!.replace(' Select from the following choices.', '');
  const isHorizontal = choices.some(choice => choice.endsWith(' left'));
  const answer = answerStem(
    asked.replace(
      /^Considering the relative positions of the (.*) and the (.*) in the image provided, where is the \1 located with respect to the \2\?$/,
      `Is the $1 ${isHorizontal ? 'to the left or to the right of' : 'above or below'} the $2?`,
    ),
    scene,
  );
  const line = choices.find(choice => choice.slice(4) === answer);
  if (!line) throw new Error(`no choice is ${answer}: ${question}`);
  return line[1]!;
}

type Rule = readonly [RegExp, (scene: Scene, ...words: string[]) => string];

const singular = (noun: string) => (noun === 'cross' ? noun : noun.replace(/(?<=cross)es$|s$/, ''));

/** All objects that a name fits. */
function all({ objects }: Scene, name: string): SceneObject[] {
  const words = name.split(' ').map(singular);
  return objects.filter(({ shape, color }) =>
    words.every(word => word === 'object' || word === shape || word === color),
  );
}

/** The one object that a name fits. */
function the(scene: Scene, name: string): SceneObject {
  const [object, other] = all(scene, name);
  if (!object || other) throw new Error(`"the ${name}" fits ${all(scene, name).length} objects`);
  return object;
}

const first = (objects: readonly SceneObject[], side: string) =>
  [...objects].sort((a, b) =>
    side === 'left' ? a.x - b.x : side === 'right' ? b.x - a.x : side === 'top' ? a.y - b.y : b.y - a.y,
  );

const lies = (a: SceneObject, relation: string, b: SceneObject): boolean =>
  ({
    'left of': a.x < b.x,
    'right of': a.x > b.x,
    above: a.y < b.y,
    below: a.y > b.y,
  })[relation.replace(/^to the /, '')]!;

const only = (scene: Scene, relation: string, name: string) => {
  const found = scene.objects.filter(object => lies(object, relation, the(scene, name)));
  if (found.length !== 1) throw new Error(`${found.length} objects are ${relation} the ${name}`);
  return found[0]!;
};

const told = ({ shape, color }: SceneObject, what: string) =>
  ({ color, shape, object: `${color} ${shape}` })[what]!;

const yes = (truth: boolean) => (truth ? 'yes' : 'no');
const half = (object: SceneObject, scene: Scene) => (object.x < scene.size / 2 ? 'left' : 'right');
const thirds = (at: number, size: number, parts: string[]) => parts[Math.floor((3 * at) / size)]!;

const listing = (phrases: string[]) => `${phrases.slice(0, -1).join(', ')} and ${phrases.at(-1)}`;

const AREA = { circle: 3.14, square: 3.1, triangle: 1.8, diamond: 1.5, cross: 2.31, star: 1.23 };

const RULES: readonly Rule[] = [
  [
    /^Describe the image\.$/,
    s =>
      listing(
        first(s.objects, 'left').map(o => `${/^[aeiou]/.test(o.color) ? 'an' : 'a'} ${o.color} ${o.shape}`),
      ),
  ],
  [
    /^What (color|shape|object) is at the (\w+) of the image\?$/,
    (s, what, side) => told(first(s.objects, side!)[0]!, what!),
  ],
  [/^What is on the (\w+)\?$/, (s, side) => first(s.objects, side!)[0]!.shape],
  [
    /^What color is the object (to the left of|to the right of|above|below) the (.*)\?$/,
    (s, r, b) => only(s, r!, b!).color,
  ],
  [
    /^What (color|shape|object) is (left of|right of|above|below) the (.*)\?$/,
    (s, what, r, b) => told(only(s, r!, b!), what!),
  ],
  [/^What is (to the left of|to the right of|above|below) the (.*)\?$/, (s, r, b) => only(s, r!, b!).shape],
  [/^What (?:is the )?color (?:is|of) the (\w+)\?$/, (s, a) => the(s, a!).color],
  [/^What shape is the (.*)\?$/, (s, a) => the(s, a!).shape],
  [/^What kind of object is (\w+)\?$/, (s, color) => the(s, `${color} object`).shape],
  [
    /^What is the biggest object\?$/,
    s =>
      [...s.objects].sort((a, b) => AREA[b.shape] * b.radius ** 2 - AREA[a.shape] * a.radius ** 2)[0]!.shape,
  ],
  [
    /^List the (\w+) from (\w+) to \w+\.$/,
    (s, what, side) =>
      first(s.objects, side!)
        .map(object => told(object, what!))
        .join(', '),
  ],
  [
    /^Which is further (\w+), the (.*) or the (.*)\?$/,
    (s, side, a, b) => (first([the(s, a!), the(s, b!)], side!)[0] === the(s, a!) ? a! : b!),
  ],
  [
    /^Where is the (.*)\?$/,
    (s, a) =>
      `${thirds(the(s, a!).x, s.size, ['left', 'middle', 'right'])} ${thirds(the(s, a!).y, s.size, ['top', 'middle', 'bottom'])}`,
  ],
  [/^How many (.*?) are (?:there|in the image)\?$/, (s, name) => String(all(s, name!).length)],
  [/^Is there an? (\w+) and an? (\w+)\?$/, (s, a, b) => yes(all(s, a!).length > 0 && all(s, b!).length > 0)],
  [/^Is there an? (\w+) or an? (\w+)\?$/, (s, a, b) => yes(all(s, a!).length + all(s, b!).length > 0)],
  [/^Is there an? (.*?)(?: in the image)?\?$/, (s, a) => yes(all(s, a!).length > 0)],
  [/^Is the image crowded\?$/, s => yes(s.objects.length > 4)],
  [/^Is the image \w+ or \w+\?$/, s => (s.objects.length > 4 ? 'crowded' : 'sparse')],
  [/^On which side is the (\w+)\?$/, (s, a) => half(the(s, a!), s)],
  [/^Is the (\w+) on the \w+ or on the \w+\?$/, (s, a) => half(the(s, a!), s)],
  [/^Is the (\w+) on the (\w+)\?$/, (s, a, side) => yes(half(the(s, a!), s) === side)],
  [
    /^Is the (.*) (?:above or below|below or above) the (.*)\?$/,
    (s, a, b) => (lies(the(s, a!), 'above', the(s, b!)) ? 'above' : 'below'),
  ],
  [
    /^Is the (.*) to the \w+ or to the \w+ of the (.*)\?$/,
    (s, a, b) => (lies(the(s, a!), 'left of', the(s, b!)) ? 'left' : 'right'),
  ],
  [
    /^Is the (.*?) ((?:to the )?(?:left|right) of|above|below) the (.*)\?$/,
    (s, a, r, b) => yes(lies(the(s, a!), r!, the(s, b!))),
  ],
  [/^Is the (\w+) (\w+) or (\w+)\?$/, (s, a, x, y) => [x!, y!].find(color => color === the(s, a!).color)!],
  [/^Is the (\w+) (\w+)\?$/, (s, a, color) => yes(the(s, a!).color === color)],
  [/^Are the (\w+) and the (\w+) the same color\?$/, (s, a, b) => yes(the(s, a!).color === the(s, b!).color)],
  [/^Are there more (\w+) than (\w+)\?$/, (s, a, b) => yes(all(s, a!).length > all(s, b!).length)],
];

function answerStem(question: string, scene: Scene): string {
  const rule = RULES.find(([pattern]) => pattern.test(question));
  if (!rule) throw new Error(`no rule for "${question}"`);
  return rule[1](scene, ...rule[0].exec(question)!.slice(1));
}
