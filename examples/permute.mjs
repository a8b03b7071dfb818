// Table 1: what a random order of the vision tokens costs, on a few images.
import { experiments, runExperiment, writeReport } from 'vlm-spatial';

const outcome = await runExperiment(experiments.permute, { bench: ['2ds'], limit: 6 });
const { tables, files } = await writeReport(outcome);
console.table(tables[0].rows);
console.log(files.join('\n'));
