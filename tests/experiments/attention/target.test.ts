import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import { parseHeads, parseLayers } from '../../../src/experiments/attention/index.js';
import {
  cellAt,
  cellsOf,
  firstToken,
  gridOn,
  targetObjects,
  targetWord,
} from '../../../src/experiments/attention/target.js';
import { seededRandom } from '../../../src/random.js';
import { twoDsOptions } from '../../../src/world/2ds/options.js';
import { createQuestioner } from '../../../src/world/2ds/questions.js';
import { LAYOUT_RULES, sampleLayout } from '../../../src/world/scene/layout.js';
import { extreme, onlyOne, RELATIONS, SIDES } from '../../../src/world/scene/relations.js';
import { COLORS, type SceneObject, SHAPES } from '../../../src/world/scene/scene.js';

describe('the target word of an answer', () => {
  it.each([
    ['red', 'red', 0],
    ['A red circle.', 'red', 2],
    ['The object is below the square', 'square', 24],
    ['From top to bottom: blue circle', 'blue', 20],
    ['There are 3 cats', 'cats', 12],
  ])('%s: %s', (answer, word, start) => {
    expect(targetWord(answer)).toEqual({ word, start });
  });

  it.each(['yes', 'No.', 'left', 'B', '(C) 3', '', 'the image'])('“%s” has none', answer => {
    expect(targetWord(answer)).toBeUndefined();
  });

  it('is one of the words asked for, where these are given', () => {
    expect(targetWord('A red Circle', ['square', 'circle'])).toEqual({ word: 'Circle', start: 6 });
    expect(targetWord('A red circle', ['square'])).toBeUndefined();
  });

  it('begins with the token after which the text reaches into it', () => {
    // SentencePiece's way: the space before a word belongs to its first token, which a decoder drops at the very start.
    const pieces = ['A', ' ', 'red', ' cir', 'cle', '</s>'];
    const decode = (ids: readonly number[]) => ids.map(id => pieces[id]!.replace('</s>', '')).join('');
    const ids = [0, 1, 2, 3, 4, 5];
    const tokenOf = (word: string) => firstToken(targetWord('A red circle', [word])!, ids, decode);
    expect(['a', 'red', 'circle'].map(tokenOf)).toEqual([0, 2, 3]);
  });
});

describe('the target objects of a question', () => {
  const random = seededRandom('target objects');

  it('are the answer’s object, and both of a yes/no question, in all that 2DS asks', () => {
    const options = { ...LAYOUT_RULES, ...twoDsOptions.parse({ imagesPerCount: 40 }) };
    const ask = createQuestioner(options, 5);
    const forms = new Set<string>();
    for (let image = 0; image < 40; image++) {
      const placed = sampleLayout(random, 5, LAYOUT_RULES);
      const objects = placed.map((p, i): SceneObject => ({ ...p, shape: SHAPES[i]!, color: COLORS[5 - i]! }));
      for (const { question, answer } of ask(objects, image)) {
        const found = targetObjects({ question, targets: [answer] }, objects);
        const side = SIDES.find(name => question.includes(`at the ${name} of`));
        const relation = RELATIONS.find(name => question.includes(` ${name} `));
        if (side) {
          forms.add('absolute');
          expect(found, question).toEqual([extreme(objects, side)]);
        } else if (question.startsWith('What')) {
          forms.add('open');
          const anchor = objects.find(o =>
            [o.shape, o.color].some(word => question.split(relation!)[1]!.includes(word)),
          )!;
          expect(found, question).toEqual([onlyOne(objects, relation!, anchor)]);
        } else {
          forms.add('yes/no');
          expect(found, question).toHaveLength(2);
          for (const { shape, color } of found!) expect(question).toMatch(new RegExp(`${shape}|${color}`));
        }
      }
    }
    expect(forms).toEqual(new Set(['absolute', 'open', 'yes/no']));
  });

  it('are not told where the answer names several, or nothing is named', () => {
    const objects: SceneObject[] = [
      { shape: 'star', color: 'red', x: 10, y: 10, radius: 5 },
      { shape: 'cross', color: 'blue', x: 30, y: 30, radius: 5 },
    ];
    expect(targetObjects({ question: 'What is it?', targets: ['red cross'] }, objects)).toBeUndefined();
    expect(targetObjects({ question: 'How many?', targets: ['2'] }, objects)).toBeUndefined();
  });
});

describe('cells of the grid', () => {
  const whole = gridOn({ left: 0, top: 0, width: 80, height: 80 }, 8, 1);
  const disc = (x: number, y: number, radius: number): SceneObject => ({
    shape: 'circle',
    color: 'red',
    x,
    y,
    radius,
  });

  it('are those that the disc reaches into', () => {
    expect(cellsOf([disc(15, 25, 4)], whole)).toEqual([17]);
    // It reaches over the sides of its cell, not into the corners.
    expect(cellsOf([disc(15, 25, 6)], whole)).toEqual([9, 16, 17, 18, 25]);
    expect(cellsOf([disc(20, 20, 3), disc(75, 75, 3)], whole)).toEqual([9, 10, 17, 18, 63]);
  });

  it('hold an area near the discs’ own, for discs of many cells', () => {
    const fine = gridOn({ left: 0, top: 0, width: 80, height: 80 }, 400, 1);
    expect((cellsOf([disc(40, 40, 20)], fine).length / 400 ** 2) * 80 ** 2).toBeCloseTo(Math.PI * 400, -2);
  });

  it('follow what the model’s square shows of the image', () => {
    const padded = gridOn({ left: -40, top: 0, width: 160, height: 160 }, 8, 1);
    expect(cellAt({ x: 1, y: 1 }, padded)).toBe(2);
    expect(cellsOf([disc(10, 10, 5)], padded)).toEqual([2]);
    const cropped = gridOn({ left: 20, top: 0, width: 80, height: 80 }, 8, 1);
    expect(cellAt({ x: 10, y: 10 }, cropped)).toBeUndefined();
    expect(cellsOf([disc(10, 10, 5)], cropped)).toEqual([]);
    // 27 patches of 14 cover 378 of 384 pixels: the last ones are in no cell.
    const siglip = gridOn({ left: 0, top: 0, width: 384, height: 384 }, 27, 378 / 384);
    expect(cellAt({ x: 377, y: 377 }, siglip)).toBe(728);
    expect(cellAt({ x: 380, y: 380 }, siglip)).toBeUndefined();
  });
});

describe('layers and heads', () => {
  const model = { title: 'Mini', layers: 4, heads: 8 };

  it('are read as ranges and lists', () => {
    expect(['all', '2', '2-4'].map(text => parseLayers(text, model))).toEqual([
      [1, 4],
      [2, 2],
      [2, 4],
    ]);
    expect(parseHeads('all', model)).toBeNull();
    expect(parseHeads('1,3,5-7,3', model)).toEqual([1, 3, 5, 6, 7]);
  });

  it.each(['0', '5', '3-5', '3-2', 'last', ''])('layers “%s” are refused in one line', text => {
    expect(() => parseLayers(text, model)).toThrow(UsageError);
    expect(() => parseLayers(text, model)).toThrow(/^--layers expects .* 1-4, the layers of Mini.*\S$/);
  });

  it.each(['0', '9', '1,9', '7-9', 'x', ''])('heads “%s” are refused in one line', text => {
    expect(() => parseHeads(text, model)).toThrow(UsageError);
    expect(() => parseHeads(text, model)).toThrow(/^--heads expects .* 1-8, the heads of Mini.*\S$/);
  });
});
