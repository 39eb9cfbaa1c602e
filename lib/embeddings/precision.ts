/** In what an engine computes, and what an embedding was computed in. */
export const precisions = ['fp32', 'fp16', 'int8'] as const
export type Precision = (typeof precisions)[number]
