// TCP of a node that looks public although all is on this machine: js-libp2p neither asks AutoNAT about private addresses nor dials them for
// others, and DCUtR passes them over.
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'

const HERE = '/ip4/127.0.0.1/'

/**
 * @param {object} shown
 * @param {string} shown.own the IP address that this node is shown at
 * @param {string} shown.peer the IP address that whoever connects to it is shown at
 * @param {number} [shown.failing] dials of that address that fail before one is let through, as behind a NAT. Default 0
 */
export function shownTcp ({ peer, failing = 0 }) {
  // Whatever is dialed, nothing leaves this machine.
  const real = ma => multiaddr(ma.toString().replace(/^\/ip4\/[\d.]+\//, HERE))
  const seen = ma => multiaddr(ma.toString().replace(HERE, `/ip4/${peer}/`))
  return components => {
    const transport = tcp()(components)
    const connect = transport._connect.bind(transport)
    transport._connect = (ma, options) => {
      if (ma.toString().startsWith(`/ip4/${peer}/`) && failing-- > 0) {
        throw new Error('The NAT lets nobody in yet.')
      }
      return connect(real(ma), options)
    }
    const createListener = transport.createListener.bind(transport)
    transport.createListener = options => {
      const { upgrader } = options
      const shownUpgrader = {
        upgradeInbound: (connection, settings) => {
          connection.remoteAddr = seen(connection.remoteAddr)
          return upgrader.upgradeInbound(connection, settings)
        }
      }
      return createListener({ ...options, upgrader: shownUpgrader })
    }
    return transport
  }
}

/** Says that the node is reached at the address it is shown at; AutoNAT still has to find out. */
export function mapShown (node, { own }) {
  for (const listening of node.getMultiaddrs().map(ma => ma.toString()).filter(text => text.startsWith(HERE) && !text.includes('/p2p-circuit'))) {
    const port = Number(listening.split('/')[4])
    node.components.addressManager.addPublicAddressMapping('127.0.0.1', port, own, port, 'tcp')
  }
}
