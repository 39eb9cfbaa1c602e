/** A progress bar on stderr, redrawn a few times a second; silent when stderr is no terminal. */
export function progressBar(
  label: string,
  total: number,
  stderr: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr
): (done: number) => void {
  const started = performance.now()
  let drawn = 0
  return (done) => {
    const now = performance.now()
    if (!stderr.isTTY || (done < total && now - drawn < 200)) return
    drawn = now
    const width = 30
    const filled = Math.round((done / total) * width)
    const perSecond = done / ((now - started) / 1000)
    const left = Math.round((total - done) / perSecond)
    const bar = '█'.repeat(filled).padEnd(width, '░')
    stderr.write(`\r${label} ${bar} ${done}/${total}, ${perSecond.toFixed(0)}/s, ${left} s left  `)
    if (done === total) stderr.write('\n')
  }
}
