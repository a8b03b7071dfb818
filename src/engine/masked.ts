/** Stands for −∞: far below any logit, and exp of it is exactly 0 in float32. */
export const MASKED = -1e9;
