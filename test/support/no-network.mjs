// Preloaded (`node --import`), it denies this process everything that leaves the machine and notes
// each try in the file SEESAWFACE_NETWORK_LOG, so that a try that is caught is seen all the same.
// Loopback and local sockets stay: tests talk to servers of their own, tsx to its own process.
import dgram from 'node:dgram'
import dns from 'node:dns'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i

function deny(what) {
  const log = process.env.SEESAWFACE_NETWORK_LOG
  const line = `${what} (${process.argv.slice(1).join(' ')})`
  if (log) appendFileSync(log, `${line}\n`)
  throw new Error(`network access denied: ${line}`)
}

function checkHost(what, host) {
  if (host !== undefined && host !== null && !loopback.test(String(host))) deny(`${what} ${host}`)
}

const { connect } = net.Socket.prototype
net.Socket.prototype.connect = function (...args) {
  // Called with (options), (path), (port, host) or, by net.connect, with an array of those.
  const [first, second] = Array.isArray(args[0]) ? args[0] : args
  if (typeof first === 'object' && first !== null) {
    if (!first.path) checkHost('connect', first.host ?? 'localhost')
  } else if (Number.isInteger(Number(first))) {
    checkHost('connect', typeof second === 'string' ? second : 'localhost')
  }
  return connect.apply(this, args)
}

for (const api of [dns, dns.promises]) {
  for (const [name, original] of Object.entries(api)) {
    if (typeof original !== 'function' || !/^(lookup|resolve|reverse)/.test(name)) continue
    api[name] = function (host, ...rest) {
      if (!net.isIP(String(host))) checkHost(`dns.${name}`, host)
      return original.call(this, host, ...rest)
    }
  }
}

// The address is the first text among the arguments; before it, `send` has its message.
for (const [name, skipped] of [
  ['connect', 0],
  ['send', 1]
]) {
  const original = dgram.Socket.prototype[name]
  dgram.Socket.prototype[name] = function (...args) {
    const host = args.slice(skipped).find((argument) => typeof argument === 'string')
    checkHost(`udp ${name}`, host)
    return original.apply(this, args)
  }
}

syncBuiltinESMExports()
