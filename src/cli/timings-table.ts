import { renderTextTable } from '../report/text-table.js';
import { stopTimings } from '../timings.js';

/** What every stage took, the longest first, as text; counting ends. */
export function timingsText(): string {
  const stages = stopTimings();
  const all = stages.reduce((sum, { wall }) => sum + wall, 0);
  return renderTextTable({
    name: 'timings',
    title: 'Where the time went (workers count their own, which is not here)',
    columns: [
      { key: 'stage', label: 'Stage' },
      { key: 'wall', label: 'Seconds', format: { decimals: 1 } },
      { key: 'share', label: 'Share (%)', format: { decimals: 0 } },
      { key: 'cpu', label: 'CPU seconds', format: { decimals: 1 } },
      { key: 'times', label: 'Times' },
    ],
    rows: stages.map(stage => ({ ...stage, share: (100 * stage.wall) / all, times: stage.times || null })),
  });
}
