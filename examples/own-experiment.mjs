// An experiment and a benchmark of one's own, as a plug-in. Run it by itself, or give it to the command line, which needs nothing
// installed beside it: vlm-spatial mirror --plugin own-experiment.mjs --bench sides --data picture.png
import { readFile } from 'node:fs/promises';

export default ({ z, conditions, scorers }) => {
  const mirror = {
    kind: 'mirror',
    params: {},
    visionTokens: (tokens, _image, { takeRows }) => {
      const side = Math.sqrt(tokens.shape[0]);
      return takeRows(
        tokens,
        Array.from({ length: side ** 2 }, (_, i) => i - 2 * (i % side) + side - 1),
      );
    },
  };
  const mirrored = { name: 'mirrored', image: true, interventions: [mirror] };
  const accuracy = (predictions, condition) => {
    const scores = predictions.filter(p => p.condition === condition.name).map(p => p.score);
    return (100 * scores.reduce((a, b) => a + b, 0)) / scores.length;
  };
  return {
    experiments: [
      {
        kind: 'asks',
        name: 'mirror',
        paper: 'not in the paper',
        summary: 'accuracy with the vision tokens mirrored left to right',
        options: z.strictObject({}),
        conditions: () => [conditions.original, mirrored],
        tables: results =>
          results.map(({ benchmark, predictions }) => ({
            name: 'mirror',
            title: `Vision tokens mirrored, ${benchmark.title}`,
            columns: ['original', 'mirrored'].map(key => ({ key, label: key, format: { decimals: 2 } })),
            rows: [
              {
                original: accuracy(predictions, conditions.original),
                mirrored: accuracy(predictions, mirrored),
              },
            ],
          })),
      },
    ],
    benchmarks: [
      {
        name: 'sides',
        title: 'Sides',
        suffix: '',
        scorer: scorers.contains,
        open: async path => ({
          ...{ benchmark: 'sides', split: 'all', layout: `one image, ${path}`, fingerprint: path },
          ...{ imageCount: 1, sampleCount: 2 },
          images: async function* () {
            const sample = (id, question, target) => ({
              ...{ id, question, targets: [target], category: '', labels: {} },
            });
            yield {
              id: 'one',
              load: () => readFile(path),
              samples: [
                sample('top', 'What color is at the top of the image?', 'red'),
                sample('bottom', 'What shape is at the bottom of the image?', 'square'),
              ],
            };
          },
        }),
      },
    ],
  };
};
