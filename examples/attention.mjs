// Table 4: how attention spreads over the vision tokens.
import { experiments, runExperiment, writeReport } from 'vlm-spatial';

const outcome = await runExperiment(experiments.attention, { bench: ['2ds'], limit: 4, maps: false });
const { tables, files } = await writeReport(outcome);
console.table(tables[0].rows);
console.log(files.join('\n'));
