import { type Trend, trend } from './trend.js'

export interface Sample {
  readonly calls: number
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  readonly threads: number
  readonly files: number
}

export const columns = ['calls', 'rss', 'heapUsed', 'external', 'threads', 'files'] as const

/** What is repeated, how often, and what memory may seem to grow by each time. */
export interface Subject {
  readonly name: string
  readonly title: string
  readonly count: number
  readonly every: number
  /** Bytes a call: less than the smallest thing that could be left behind, such as a task. */
  readonly limit: number
}

export const subjects: readonly Subject[] = [
  {
    name: 'cycles',
    title: 'a recogniser opened, used once and closed',
    count: 10_000,
    every: 25,
    limit: 1000
  },
  {
    name: 'verifies',
    title: 'two photos decoded, faces found, aligned, embedded and compared',
    count: 100_000,
    every: 250,
    limit: 256
  },
  { name: 'embeddings', title: 'an aligned crop embedded', count: 100_000, every: 250, limit: 32 }
]

export interface Judged {
  readonly title: string
  readonly verdict: string
  readonly outcome: 'steady' | 'grows' | 'undecided' | 'too short'
  readonly samples: readonly Sample[]
  readonly fitted: Trend
  /** Where warming up ends. */
  readonly from: number
}

/**
 * Fits what comes after the first fifth, by which time code is compiled and heaps are laid out. It
 * grows when the whole 95 % interval of the slope is above the limit or threads or files become more,
 * and is steady when the whole interval is below it. In less than half of the calls that it takes,
 * warming up is most of what is seen: of memory nothing is said then.
 */
export function judge({ name, title, limit, count }: Subject, samples: readonly Sample[]): Judged {
  const kept = samples.slice(Math.floor(samples.length / 5))
  const calls = kept.map((sample) => sample.calls)
  const fitted = trend(
    calls,
    kept.map(({ rss }) => rss)
  )
  const heap = trend(
    calls,
    kept.map(({ heapUsed }) => heapUsed)
  )
  const total = samples.at(-1)?.calls ?? 0
  const same = (key: 'threads' | 'files'): boolean => new Set(kept.map((s) => s[key])).size === 1
  const steady = same('threads') && same('files')
  const short = total < count / 2
  const grows = (!short && fitted.slope - fitted.margin > limit) || !steady
  const below = fitted.slope + fitted.margin < limit
  const bytes = ({ slope, margin }: Trend): string => `${slope.toFixed(1)} ± ${margin.toFixed(1)}`
  return {
    title: `${name}: ${total} times ${title}`,
    verdict:
      `RSS ${bytes(fitted)} bytes a call (limit ${limit}), JavaScript heap ${bytes(heap)}; ` +
      `threads and files ${steady ? 'constant' : 'NOT constant'}`,
    outcome: grows ? 'grows' : short ? 'too short' : below ? 'steady' : 'undecided',
    samples,
    fitted,
    from: calls[0] ?? 0
  }
}
