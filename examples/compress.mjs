// Figure 2: accuracy with fewer and fewer vision tokens.
import { experiments, runExperiment, writeReport } from 'vlm-spatial';

const outcome = await runExperiment(experiments.compress, { bench: ['pope'], limit: 4 });
const { tables, files } = await writeReport(outcome);
console.table(tables[0].rows);
console.log(files.join('\n'));
