// Accuracy and order sensitivity against the vision tokens' norm.
import { experiments, runExperiment, writeReport } from 'vlm-spatial';

const outcome = await runExperiment(experiments.sweep, { bench: ['2ds'], limit: 3, to: [1, 10, 100] });
const { tables, files } = await writeReport(outcome);
console.table(tables[0].rows);
console.log(files.join('\n'));
