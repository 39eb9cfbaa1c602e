/**
 * Cuts a byte stream into frames of a fixed number of bytes, wherever its chunks begin and end.
 * Each frame has memory of its own, so that it can be given away without a copy.
 */
export async function* framesOf(stream, bytes) {
  let frame = new Uint8Array(bytes)
  let filled = 0
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + bytes - filled)
      frame.set(part, filled)
      filled += part.length
      at += part.length
      if (filled === bytes) {
        yield frame
        frame = new Uint8Array(bytes)
        filled = 0
      }
    }
  }
  if (filled > 0) throw new Error(`The camera stopped ${bytes - filled} bytes before a frame's end`)
}
