using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.AutoNat.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>Where nonces arrive that servers bring back (autonat-v2.md, "AutoNAT V2 Protocol").</summary>
internal sealed class DialBackDoor(ILibp2pHost host)
{
    /// <summary>Time that a server has to send the nonce once its stream is open.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>A connection that was dialed brings one nonce; a peer with several servers behind it may bring more.</summary>
    internal static readonly ProtocolLimits Limits = new(MaxInbound: 2, MaxOutbound: 2);

    private readonly ConcurrentDictionary<ulong, Visit> _expected = [];

    /// <summary>Nonces waited for.</summary>
    internal int Count => _expected.Count;

    /// <summary>Waits for a nonce that was never used before. Dispose it when the request is over.</summary>
    /// <param name="asked">The connection that the request goes over: a nonce that comes back on it proves nothing.</param>
    internal Visit Expect(PeerConnection asked)
    {
        while (true)
        {
            var nonce = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
            var visit = new Visit(this, nonce, asked);
            if (_expected.TryAdd(nonce, visit))
            {
                return visit;
            }
        }
    }

    internal async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var bytes = await LengthPrefixed.ReadAsync(stream.Input, DialBackMessage.MaxLength, either.Token).ConfigureAwait(false);
        var connection = stream.Connection;
        if (bytes is null || !DialBackMessage.TryDecode(bytes, out var nonce)
            || !_expected.TryGetValue(nonce, out var visit)
            || connection == visit.Asked || connection.Direction != Direction.Inbound || connection.RemoteAddress.IsRelayed)
        {
            // Resets the stream: the server has not reached this host where it was to.
            throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"{stream.RemotePeer} brings no nonce that is waited for, or not by a dial.");
        }

        visit.Arrive(connection.LocalAddress);
        LengthPrefixed.Write(stream.Output, DialBackMessage.EncodeOk());
        await stream.CloseWriteAsync(either.Token).ConfigureAwait(false);
    }

    /// <summary>One nonce that is waited for.</summary>
    internal sealed class Visit(DialBackDoor door, ulong nonce, PeerConnection asked) : IDisposable
    {
        private readonly TaskCompletionSource<Multiaddr> _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal ulong Nonce => nonce;

        internal PeerConnection Asked => asked;

        /// <summary>This host's end of the connection on which the nonce has come.</summary>
        internal Task<Multiaddr> Arrived => _arrived.Task;

        public void Dispose() => door._expected.TryRemove(nonce, out _);

        internal void Arrive(Multiaddr local) => _arrived.TrySetResult(local);
    }
}
