using System.Buffers.Binary;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Streams;

namespace DChat.Libp2p.Protocols.Perf;

/// <summary>
/// Measures throughput (perf/perf.md): the client sends how many bytes it wants, eight bytes big-endian, then uploads and
/// ends its half; the server then sends that many. Not served unless the option <c>ServePerf</c> is set, since
/// it gives bandwidth to whoever asks.
/// </summary>
public static class PerfProtocol
{
    /// <summary>The protocol id.</summary>
    public const string Id = "/perf/1.0.0";

    private const int PrefixLength = sizeof(ulong);
    private static readonly byte[] Block = new byte[64 * 1024];

    /// <summary>Uploads, then downloads.</summary>
    /// <param name="host">Who asks.</param>
    /// <param name="peer">The server.</param>
    /// <param name="upload">Bytes to send, at least 0.</param>
    /// <param name="download">Bytes to ask for, at least 0.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How long it took from the open stream to the last byte.</returns>
    /// <exception cref="Libp2pException">The peer does not speak perf, or ended before it had sent what was asked for.</exception>
    public static async Task<TimeSpan> PerfAsync(this ILibp2pHost host, PeerId peer, long upload, long download, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentOutOfRangeException.ThrowIfNegative(upload);
        ArgumentOutOfRangeException.ThrowIfNegative(download);
        await using var stream = await host.NewStreamAsync(peer, [Id], cancellationToken).ConfigureAwait(false);
        var started = host.Time.GetTimestamp();
        BinaryPrimitives.WriteUInt64BigEndian(stream.Output.GetSpan(PrefixLength), (ulong)download);
        stream.Output.Advance(PrefixLength);
        await SendAsync(stream, (ulong)upload, cancellationToken).ConfigureAwait(false);
        var received = await DrainAsync(stream, cancellationToken).ConfigureAwait(false);
        return received == (ulong)download
            ? host.Time.GetElapsedTime(started)
            : throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"{peer} sent {received} bytes of {download}.");
    }

    internal static async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        var prefix = await stream.Input.ReadAtLeastAsync(PrefixLength, cancellationToken).ConfigureAwait(false);
        if (prefix.Buffer.Length < PrefixLength)
        {
            stream.Reset();
            return;
        }

        var wanted = ReadPrefix(prefix.Buffer);
        stream.Input.AdvanceTo(prefix.Buffer.GetPosition(PrefixLength));
        await DrainAsync(stream, cancellationToken).ConfigureAwait(false);
        await SendAsync(stream, wanted, cancellationToken).ConfigureAwait(false);
    }

    private static ulong ReadPrefix(System.Buffers.ReadOnlySequence<byte> buffer)
    {
        Span<byte> bytes = stackalloc byte[PrefixLength];
        System.Buffers.BuffersExtensions.CopyTo(buffer.Slice(0, PrefixLength), bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private static async Task SendAsync(Libp2pStream stream, ulong count, CancellationToken cancellationToken)
    {
        for (var left = count; left > 0;)
        {
            var length = (int)Math.Min(left, (ulong)Block.Length);
            await stream.Output.WriteAsync(Block.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            left -= (ulong)length;
        }

        await stream.CloseWriteAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ulong> DrainAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        for (ulong received = 0; ;)
        {
            var result = await stream.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            received += (ulong)result.Buffer.Length;
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return received;
            }
        }
    }
}
