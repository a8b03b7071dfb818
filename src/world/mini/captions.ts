import { type Random, randomChoice, shuffled } from '../../random.js';
import { holds, ordered, RELATIONS, SIDES, type Side } from '../scene/relations.js';
import type { Scene, SceneObject } from '../scene/scene.js';
import { kindName, withArticle } from './form.js';

type Captioner = (scene: Scene, random: Random) => string;

/** Which order a list of objects follows when it starts at a side. */
export const DIRECTION: Readonly<Record<Side, string>> = {
  left: 'left to right',
  right: 'right to left',
  top: 'top to bottom',
  bottom: 'bottom to top',
};

const phrase = (object: SceneObject) => withArticle(kindName(object));

/** "red circle, blue star, green square": every object, from the given side on. */
export const orderedList = (scene: Scene, side: Side): string =>
  ordered(scene.objects, side).map(kindName).join(', ');

/** "from left to right: red circle, blue star". */
const directedList: Captioner = (scene, random) => {
  const side = randomChoice(random, SIDES);
  return `from ${DIRECTION[side]}: ${orderedList(scene, side)}`;
};

/** "a red circle left of a blue star": two objects and how they lie. */
const relation: Captioner = (scene, random) => {
  const [a, b] = shuffled(random, scene.objects);
  return `${phrase(a!)} ${related(random, a!, b!)}`;
};

const listed = (phrases: readonly string[]) => `${phrases.slice(0, -1).join(', ')} and ${phrases.at(-1)}`;

/** "a red circle, a blue star and a green square": every object, in no order. */
const inventory: Captioner = (scene, random) => listed(shuffled(random, scene.objects).map(phrase));

/** "a red circle, a blue star and a green square": every object, from left to right. */
export const description = (scene: Scene): string => listed(ordered(scene.objects, 'left').map(phrase));

/** "there are 3 objects in the image, a red circle is at the top". */
const countAndPlace: Captioner = (scene, random) => {
  const side = randomChoice(random, SIDES);
  return `there are ${scene.objects.length} objects in the image, ${phrase(ordered(scene.objects, side)[0]!)} is at the ${side}`;
};

/** "a blue star below a red circle and left of a green square": one object and how it lies to two others. */
const twoRelations: Captioner = (scene, random) => {
  const [a, b, c] = shuffled(random, scene.objects);
  if (!c) return relation(scene, random);
  return `${phrase(a!)} ${related(random, a!, b!)} and ${related(random, a!, c)}`;
};

/** "left of a blue star": how an object lies to another, by one of the relations that hold. */
function related(random: Random, object: SceneObject, other: SceneObject): string {
  const relations = RELATIONS.filter(name => holds(name, object, other));
  return `${randomChoice(random, relations)} ${phrase(other)}`;
}

const CAPTIONERS: readonly Captioner[] = [directedList, relation, inventory, countAndPlace, twoRelations];

/** `n` captions in different manners, as long as there are manners; lower case, no full stop. */
export function captions(scene: Scene, random: Random, n: number): string[] {
  const manners = shuffled(random, CAPTIONERS);
  return Array.from({ length: n }, (_, i) => manners[i % manners.length]!(scene, random));
}
