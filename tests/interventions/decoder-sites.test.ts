import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { hooksOf } from '../../src/interventions/apply.js';
import { knockOut, parseLayers } from '../../src/interventions/knock-out.js';
import { permutation } from '../../src/interventions/permute.js';
import { gridPositions, onePosition, permutePositions } from '../../src/interventions/position-ids.js';
import type { Intervention } from '../../src/interventions/types.js';
import { generate } from '../../src/models/decoding/generate.js';
import { prefill } from '../../src/models/decoding/prefill.js';
import type { Stretch, TokenInfo } from '../../src/models/decoding/stretch.js';
import type { Llava } from '../../src/models/llava.js';
import { testBackend, useEngine } from '../support/engine.js';
import { readModelFixture } from '../support/fixtures.js';
import { loadFixture } from '../support/load-fixture.js';

useEngine();

const context = { id: 'image 1', seed: 7 };
const fixture = readModelFixture('gqa-tied');
const { record } = fixture;

let model: Llava;
beforeAll(async () => {
  model = await loadFixture(fixture);
});

/** The first recorded prompt answered greedily; every attention row is shown to `see`. */
function answer(
  interventions: readonly Intervention[],
  see?: (stretch: Stretch, layer: number, probabilities: tf.Tensor3D) => void,
): readonly number[] {
  const ids = record.prompts[0]!.tokenIds;
  const { data, shape } = fixture.tensor('projector');
  const tokens = tf.tensor2d(data, shape as [number, number]);
  const hooks = {
    ...hooksOf(interventions, context),
    ...(see && {
      probe: (stretch: Stretch) => ({
        attention: (layer: number, probabilities: tf.Tensor3D) => see(stretch, layer, probabilities),
      }),
    }),
  };
  const prefix = prefill(model, ids.slice(0, record.imageStart), tokens, hooks);
  try {
    const after = ids.slice(record.imageStart + record.visionTokens);
    const options = { maxNewTokens: 12, stopIds: record.eosTokenIds, temperature: 0 };
    return generate(model, prefix, [after], options)[0]!.tokenIds;
  } finally {
    prefix.dispose();
    tokens.dispose();
  }
}

describe(`attention knocked out on ${testBackend}`, () => {
  it('answers as PyTorch with the same logits masked', () => {
    const { layers, tokenIds, value } = record.interventions.knockout;
    expect(value).toBe('-Infinity');
    expect(answer([knockOut({ first: layers[0] + 1, last: layers[1] })])).toEqual(tokenIds);
    expect(tokenIds).not.toEqual(answer([]));
  });

  it('leaves no attention from question and answer to vision in those layers, and some in the others', () => {
    const masses = new Map<string, number>();
    answer([knockOut({ first: 2, last: 2 })], ({ queries, keys }, layer, probabilities) => {
      const [heads] = probabilities.shape;
      const values = probabilities.dataSync();
      for (let h = 0; h < heads; h++) {
        queries.forEach((query, q) => {
          keys.forEach((key, k) => {
            if (key.role !== 'vision') return;
            const at = `${query.role} in layer ${layer}`;
            const mass = values[(h * queries.length + q) * keys.length + k]!;
            masses.set(at, Math.max(masses.get(at) ?? 0, mass));
          });
        });
      }
    });
    expect(masses.get('user in layer 2')).toBe(0);
    expect(masses.get('answer in layer 2')).toBe(0);
    for (const at of ['user in layer 1', 'answer in layer 1', 'vision in layer 2', 'vision in layer 1']) {
      expect(masses.get(at), at).toBeGreaterThan(0);
    }
  });

  it('in ranges of layers that the decoder has', () => {
    expect(parseLayers('3', 4)).toEqual({ first: 3, last: 3 });
    expect(parseLayers('1-4', 4)).toEqual({ first: 1, last: 4 });
    for (const text of ['0-2', '3-2', '1-5', '', 'all', '1-', '-2', '1,2']) {
      expect(() => parseLayers(text, 4), text).toThrow('layers 1 to 4');
    }
  });
});

describe('position ids permuted', () => {
  const tokens = ['system', 'system', ...Array.from({ length: 9 }, () => 'vision')].map(
    (role, position): TokenInfo => ({ role: role as TokenInfo['role'], question: null, position }),
  );

  it('each vision token has the position that permuting the tokens would move it to; text keeps its own', () => {
    const positions = permutePositions(0).positions!(tokens, context);
    expect(positions.slice(0, 2)).toEqual([0, 1]);
    permutation('random', 9, 0, context).forEach((old, place) => {
      expect(positions[2 + old]).toBe(2 + place);
    });
    expect(positions).not.toEqual(tokens.map(t => t.position));
  });

  it('twice, in turn: the second permutes the positions that the first has given', () => {
    const [first, second] = [0, 1].map(draw => permutation('random', 9, draw, context));
    const positions = hooksOf([permutePositions(0), permutePositions(1)], context).positions!(tokens);
    second!.forEach((old, place) => {
      expect(positions[2 + old]).toBe(2 + first!.indexOf(place));
    });
  });

  it('one position: all vision tokens at that of the middle one', () => {
    expect(onePosition().positions!(tokens, context)).toEqual([
      0,
      1,
      ...tokens.slice(2).map(() => 2 + Math.floor((tokens.length - 3) / 2)),
    ]);
  });

  it('on a grid: each vision token at its row and its column, text where it was', () => {
    const text = { role: 'system', question: null, position: 0 } as const;
    const vision = Array.from({ length: 9 }, (_, i) => ({
      role: 'vision' as const,
      question: null,
      position: 1 + i,
    }));
    const user = { role: 'user', question: 0, position: 10 } as const;
    expect(gridPositions().positions!([text, ...vision, user], context)).toEqual([
      0,
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 1],
      [2, 2],
      [2, 3],
      [3, 1],
      [3, 2],
      [3, 3],
      10,
    ]);
    expect(gridPositions().positions!([user], context)).toEqual([10]);
    expect(() => gridPositions().positions!(vision.slice(0, 8), context)).toThrow(/square grid.*8/);
    // What lies in two directions cannot be permuted on a line.
    expect(() => hooksOf([gridPositions(), permutePositions()], context).positions!(vision)).toThrow(
      /put it first/,
    );
    expect(hooksOf([permutePositions(), gridPositions()], context).positions!(vision)).toHaveLength(9);
  });

  it('text after the image keeps its positions', () => {
    const user: TokenInfo[] = [{ role: 'user', question: 0, position: 11 }];
    expect(permutePositions(0).positions!(user, context)).toEqual([11]);
  });

  it('changes what the decoder computes', () => {
    const last = (interventions: readonly Intervention[]) => {
      let sum = 0;
      answer(interventions, ({ phase }, layer, probabilities) => {
        if (phase === 'question' && layer === 1)
          sum = probabilities.dataSync<'float32'>().reduce((a, b, i) => a + b * i, 0);
      });
      return sum;
    };
    expect(last([permutePositions(0)])).not.toBe(last([]));
  });
});
