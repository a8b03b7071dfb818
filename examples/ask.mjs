// One question about one picture, with the vision tokens in random order, and where the answer looked.
import { attentionRows, openModel, permute } from 'vlm-spatial';
import { entropy } from 'vlm-spatial/metrics';
import { examplePicture } from './picture.mjs';

const model = await openModel('mini/baseline');
const image = await model.image(await examplePicture());
const question = 'What color is at the top of the image?';
const plain = await image.ask(question);
const shuffled = await image.ask(question, { interventions: [permute('random')], observe: attentionRows() });
console.log('in order: ', plain.output);
console.log('shuffled: ', shuffled.output);
console.log('token order:', shuffled.did[0].did.order.slice(0, 8).join(' '), '…');
console.log('entropy of its first row:', entropy(shuffled.observed.answer[0]).toFixed(3));
model.dispose();
