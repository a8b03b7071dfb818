import { describe, expect, it } from 'vitest';
import { shortAnswer } from '../../src/scorers/short-answer.js';

const grade = (output: string, target: string, question = 'What color is at the top of the image?') =>
  shortAnswer(output, { question, targets: [target] });

describe('colours', () => {
  it.each([
    'red',
    'Red.',
    ' RED\n',
    'The color is red.',
    'the colour is "red"',
    'It is a red circle.',
    'A red-colored circle',
    'Red, not blue.',
    'It is not blue but red.',
    "It isn't blue; it's red.",
    'Crimson',
    'red red red',
    'The object at the top of the image is red.',
    'The red circle on a white background.',
  ])('%j is red', output => {
    expect(grade(output, 'red')).toEqual({ answer: 'red', score: 1 });
  });

  it.each([
    ['blue', 'blue'],
    ['red or blue', 'blue or red'],
    ['Red and blue', 'blue or red'],
    ['red, blue', 'blue or red'],
    ['not red', ''],
    ['It is not red.', ''],
    ["The object isn't red", ''],
    ['neither red nor blue', ''],
    ['reddish', ''],
    ['', ''],
    ['yes', ''],
    ['a circle', ''],
    ['dark orange', 'orange'],
  ])('%j is not red but %j', (output, answer) => {
    expect(grade(output, 'red')).toEqual({ answer, score: 0 });
  });

  it('takes synonyms on both sides', () => {
    expect(grade('violet', 'purple').score).toBe(1);
    expect(grade('purple', 'Violet').score).toBe(1);
    expect(grade('grey', 'gray').score).toBe(1);
    expect(grade('golden', 'yellow').score).toBe(1);
  });

  it('leaves out what an answer repeats of the question, and nothing else', () => {
    const question = 'What color is above the blue object?';
    expect(grade('The color above the blue object is red.', 'red', question).score).toBe(1);
    expect(grade('Red is above the blue object', 'red', question).score).toBe(1);
    expect(grade('blue or red', 'red', question).score).toBe(0);
    expect(grade('The blue object', 'red', question)).toEqual({ answer: 'blue', score: 0 });
  });
});

describe('shapes, and colours with shapes', () => {
  it.each([
    ['disc', 'circle'],
    ['The shape is a square.', 'square'],
    ['box', 'square'],
    ['rhombus', 'diamond'],
    ['a plus sign', 'cross'],
    ['the yellow star', 'star'],
    ['It is a red circle.', 'red circle'],
    ['circle (red)', 'red circle'],
    ['Red object, round', 'red circle'],
    ['the red object', 'red object'],
    ['red', 'red object'],
  ])('%j is a %s', (output, target) => {
    expect(grade(output, target).score).toBe(1);
  });

  it.each([
    ['red', 'red circle', ''],
    ['circle', 'red circle', ''],
    ['red square', 'red circle', 'red square'],
    ['red circle and blue square', 'red circle', 'blue or red circle or square'],
    ['circle or square', 'circle', 'circle or square'],
    ['not a circle', 'circle', ''],
    ['squared circle', 'square', 'circle'],
  ])('%j is not a %s', (output, target, answer) => {
    expect(grade(output, target)).toEqual({ answer, score: 0 });
  });
});

describe('yes and no', () => {
  const question = 'Is the circle below the square?';
  it.each([
    ['Yes', 'yes'],
    ['yes, it is', 'yes'],
    ['Yes, the circle is not above the square.', 'yes'],
    ['No. The square is below the circle.', 'no'],
    ['The answer is no.', 'no'],
    ['"No"', 'no'],
  ])('%j says %s', (output, answer) => {
    expect(grade(output, answer, question)).toEqual({ answer, score: 1 });
    expect(grade(output, answer === 'yes' ? 'No' : 'Yes', question)).toEqual({ answer, score: 0 });
  });

  it.each([
    '',
    'The circle is below the square.',
    'It is, yes',
    'There is no circle',
    'Not',
    'nothing',
    'red',
  ])('%j says neither', output => {
    for (const target of ['yes', 'no'])
      expect(grade(output, target, question)).toEqual({ answer: '', score: 0 });
  });

  it('does not take both', () => {
    for (const target of ['yes', 'no']) expect(grade('yes or no', target, question).score).toBe(0);
  });
});

describe('numbers and phrases', () => {
  it.each([
    ['4', '4'],
    ['Four.', '4'],
    ['There are 4 objects.', '4'],
    ['04', 'four'],
    ['The left top', 'left top'],
    ['it is left', 'left'],
    ['red, purple, blue', 'red , purple , blue'],
  ])('%j is %s', (output, target) => {
    expect(grade(output, target, 'How many objects are in the image?').score).toBe(1);
  });

  it.each([
    ['4 or 5', '4'],
    ['not 4', '4'],
    ['14', '4'],
    ['purple, red, blue', 'red , purple , blue'],
    ['top left', 'left top'],
    ['left or right', 'left'],
    ['not left', 'left'],
  ])('%j is not %s', (output, target) => {
    expect(grade(output, target, 'How many objects are in the image?').score).toBe(0);
  });
});

it('takes any of several targets', () => {
  const target = { question: 'What color is it?', targets: ['red', 'orange'] };
  expect(shortAnswer('Orange.', target)).toEqual({ answer: 'orange', score: 1 });
  expect(shortAnswer('blue', target)).toEqual({ answer: 'blue', score: 0 });
});

it('never takes silence for an answer', () => {
  for (const target of ['the', '', '.']) expect(grade('', target).score).toBe(0);
});
