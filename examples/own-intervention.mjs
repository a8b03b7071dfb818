// An intervention of one's own: vision tokens mirrored left to right. It acts at one site; what it depends on is in its parameters.
import { openModel } from 'vlm-spatial';
import { examplePicture } from './picture.mjs';

const mirror = {
  kind: 'mirror',
  params: {},
  visionTokens: (tokens, _image, { takeRows }) => {
    const side = Math.sqrt(tokens.shape[0]);
    const order = Array.from({ length: side ** 2 }, (_, i) => i - (i % side) + side - 1 - (i % side));
    return { tokens: takeRows(tokens, order), did: { order } };
  },
};

const model = await openModel('mini/baseline');
const image = await model.image(await examplePicture());
const question = 'What shape is at the bottom of the image?';
console.log('as it is:', (await image.ask(question)).output);
console.log('mirrored:', (await image.ask(question, { interventions: [mirror] })).output);
model.dispose();
