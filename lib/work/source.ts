import { show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import { bytesOf } from '../frames/bytes.js'

/** Where a stream's frames come from: a camera's generator, an array, a Node or a web stream. */
export type FrameSource<F> = AsyncIterable<F> | Iterable<F | PromiseLike<F>> | ReadableStreamLike<F>

/** A web ReadableStream of any realm or library. */
export interface ReadableStreamLike<F> {
  getReader(): {
    read(): Promise<{ done: boolean; value?: F | undefined }>
    cancel(reason?: unknown): Promise<void>
    releaseLock(): void
  }
}

/** A source while it is being read: one `next` at a time, then `close`, whatever has happened. */
export interface OpenSource<F> {
  next(): Promise<{ readonly done: boolean; readonly value?: F | undefined }>
  /** Tells the source that nothing more is wanted. */
  close(): Promise<void>
}

function readerSource<F>(stream: ReadableStreamLike<F>): OpenSource<F> {
  const reader = stream.getReader()
  return {
    async next() {
      const answer = await reader.read()
      if (answer.done) reader.releaseLock()
      return answer
    },
    async close() {
      await reader.cancel()
      reader.releaseLock()
    }
  }
}

function iteratorSource<F>(
  iterator: AsyncIterator<F> | Iterator<F | PromiseLike<F>>,
  destroy: (() => void) | undefined
): OpenSource<F> {
  let asked = false // and not answered yet
  let ended = false
  return {
    async next() {
      asked = true
      try {
        const { done = false, value } = await iterator.next()
        ended = done
        return { done, value: await value }
      } catch (error) {
        ended = true // an iterator that has thrown is over
        throw error
      } finally {
        asked = false
      }
    },
    async close() {
      if (ended) return
      ended = true
      if (!asked) {
        await iterator.return?.()
        return
      }
      // It may never answer, and a generator does not return before it has: it is told, not waited
      // for. A Node stream can be ended right away.
      destroy?.()
      Promise.resolve(iterator.return?.()).catch(() => undefined)
    }
  }
}

function method(value: object, name: PropertyKey): ((...args: never[]) => unknown) | undefined {
  const found: unknown = (value as Readonly<Record<PropertyKey, unknown>>)[name]
  return typeof found === 'function' ? (found.bind(value) as () => unknown) : undefined
}

/**
 * Tells how to read `frames`, without reading yet; `argument` is what errors call them.
 * @throws InvalidArgumentError
 */
export function sourceOf<F>(frames: FrameSource<F>, argument = 'frames'): () => OpenSource<F> {
  if (typeof frames === 'object' && frames !== null && bytesOf(frames) === undefined) {
    if (method(frames, 'getReader')) return () => readerSource(frames as ReadableStreamLike<F>)
    const iterate = method(frames, Symbol.asyncIterator) ?? method(frames, Symbol.iterator)
    if (iterate) {
      const destroy = method(frames, 'destroy')
      return () => iteratorSource(iterate() as AsyncIterator<F> | Iterator<F>, destroy)
    }
  }
  throw new InvalidArgumentError(
    argument,
    `${argument} must be an iterable, an async iterable or a ReadableStream, not ${show(frames)}`
  )
}
