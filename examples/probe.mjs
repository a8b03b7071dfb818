// What linear probes read of place, layer by layer.
import { experiments, runExperiment, writeReport } from 'vlm-spatial';

const outcome = await runExperiment(experiments.probe, { bench: ['2ds'], limit: 40, probeImages: 20 });
const { tables, files } = await writeReport(outcome);
console.table(tables[0].rows);
console.log(files.join('\n'));
