// An observer of one's own: how long the decoder's hidden states are, layer by layer, at the last token of the prompt.
import { openModel } from 'vlm-spatial';
import { examplePicture } from './picture.mjs';

const lengths = () => {
  const seen = [];
  return {
    probe: ({ phase, queries }) =>
      phase !== 'question'
        ? undefined
        : {
            hidden(layer, x) {
              const last = x.arraySync()[queries.length - 1];
              seen[layer] = Math.hypot(...last);
            },
          },
    of: () => seen,
  };
};

const model = await openModel('mini/baseline');
const image = await model.image(await examplePicture());
const { output, observed } = await image.ask('What color is at the top of the image?', { observe: lengths });
console.log(output, observed.map(length => length.toFixed(1)).join(' '));
model.dispose();
