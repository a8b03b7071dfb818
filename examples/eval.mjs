// Tables 2 and 3: a model and a variant of it, category by category.
import { experiments, runExperiment, writeReport } from 'vlm-spatial';

const outcome = await runExperiment(experiments.eval, {
  model: ['baseline', 'normalize'],
  bench: ['2ds'],
  limit: 6,
});
const { tables, files } = await writeReport(outcome);
console.table(tables[0].rows);
console.log(files.join('\n'));
