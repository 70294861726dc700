using System.Buffers;
using System.Security.Cryptography;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Streams;

namespace DChat.Libp2p.Protocols.Ping;

/// <summary>Measures the round trip to a peer: 32 random bytes there and back (ping/ping.md).</summary>
public static class PingProtocol
{
    /// <summary>The protocol id.</summary>
    public const string Id = "/ipfs/ping/1.0.0";

    /// <summary>Bytes of a ping.</summary>
    public const int Length = 32;

    /// <summary>The most streams that the specification allows, 2 and 1 a connection: of two connections, when both sides dialed at once.</summary>
    public static readonly ProtocolLimits Limits = new(MaxInbound: 4, MaxOutbound: 1, OnLimited: true);

    /// <summary>Time a ping may take, its stream's end included, as in js.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Pings a peer, connecting to it first if need be. Opens a stream for it, since some peers end a ping stream after
    /// 10 s, and returns when the peer has ended it too, so that pings in a row never add up.
    /// </summary>
    /// <returns>The round trip.</returns>
    /// <exception cref="Libp2pException">
    /// The peer cannot be reached, does not speak ping, answers with other bytes or not within 10 s; or another ping to it
    /// is under way.
    /// </exception>
    public static async Task<TimeSpan> PingAsync(this ILibp2pHost host, PeerId peer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        using var timeout = new CancellationTokenSource(Timeout, host.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await using var stream = await host.NewStreamAsync(peer, [Id], both.Token).ConfigureAwait(false);
            var elapsed = await ExchangeAsync(host, stream, both.Token).ConfigureAwait(false);
            await EndAsync(stream, both.Token).ConfigureAwait(false);
            return elapsed;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"{peer} did not answer a ping within {Timeout}.", isTransient: true, e);
        }
    }

    private static async Task<TimeSpan> ExchangeAsync(ILibp2pHost host, Libp2pStream stream, CancellationToken cancellationToken)
    {
        var sent = RandomNumberGenerator.GetBytes(Length);
        var started = host.Time.GetTimestamp();
        await stream.Output.WriteAsync(sent, cancellationToken).ConfigureAwait(false);
        var answer = await stream.Input.ReadAtLeastAsync(Length, cancellationToken).ConfigureAwait(false);
        var elapsed = host.Time.GetElapsedTime(started);
        var matches = answer.Buffer.Length == Length && answer.Buffer.ToArray().AsSpan().SequenceEqual(sent);
        stream.Input.AdvanceTo(answer.Buffer.End);
        return matches
            ? elapsed
            : throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"{stream.RemotePeer} did not answer the ping with its bytes.");
    }

    /// <summary>Ends the stream together with the peer; a peer that does not play along has it reset.</summary>
    private static async Task EndAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        try
        {
            await stream.CloseWriteAsync(cancellationToken).ConfigureAwait(false);
            await stream.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            stream.Reset();
        }
    }

    /// <summary>
    /// Echoes 32 bytes at a time until the peer ends its half, then ends ours: js counts a stream that is left open and
    /// ends the connection at the second.
    /// </summary>
    internal static async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await stream.Input.ReadAtLeastAsync(Length, cancellationToken).ConfigureAwait(false);
            if (result.Buffer.Length < Length)
            {
                stream.Input.AdvanceTo(result.Buffer.End);
                return;
            }

            var ping = result.Buffer.Slice(0, Length);
            ping.CopyTo(stream.Output.GetSpan(Length));
            stream.Output.Advance(Length);
            stream.Input.AdvanceTo(ping.End);
            await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
