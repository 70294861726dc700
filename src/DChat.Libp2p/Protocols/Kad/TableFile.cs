using System.Buffers;
using System.Security.Cryptography;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>
/// The file of peers that outlives a restart: <c>"DKAD" 01 ‖ SHA-256 of the rest ‖ lp message of closer peers</c>, which holds
/// at most <see cref="MaxPeers"/>. Written beside and moved over, so that it is whole or the old one.
/// </summary>
internal sealed class TableFile(string path, ILogger logger)
{
    /// <summary>Peers kept.</summary>
    internal const int MaxPeers = KadMessage.MaxPeers;

    /// <summary>Addresses kept of a peer.</summary>
    private const int MaxAddresses = 4;

    private const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>The longest file that is read, in bytes.</summary>
    private const int MaxLength = 64 * 1024;

    private static readonly byte[] Magic = [.. "DKAD"u8, 1];

    /// <summary>The peers kept; none when there is no file or it is damaged.</summary>
    internal async Task<IReadOnlyList<KadPeer>> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!File.Exists(path))
            {
                return [];
            }

            if (new FileInfo(path).Length <= MaxLength
                && TryDecode(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false), out var peers))
            {
                return peers;
            }

            logger.TableFileFailed(path, "It is damaged, or of another version.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.TableFileFailed(path, e.Message);
        }

        return [];
    }

    /// <summary>Keeps peers, the first ones if there are too many.</summary>
    internal async Task SaveAsync(IEnumerable<KadPeer> peers, CancellationToken cancellationToken)
    {
        try
        {
            var beside = path + ".new";
            await using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                await file.WriteAsync(Encode(peers), cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.TableFileFailed(path, e.Message);
        }
    }

    internal static byte[] Encode(IEnumerable<KadPeer> peers)
    {
        IReadOnlyList<KadPeer> kept = [.. peers.Take(MaxPeers).Select(p => p with { Addresses = [.. p.Addresses.Take(MaxAddresses)] })];
        var body = new ArrayBufferWriter<byte>();
        KadMessageWriter.Write(body, new KadMessage(KadMessageType.FindNode) { CloserPeers = kept });
        return [.. Magic, .. SHA256.HashData(body.WrittenSpan), .. body.WrittenSpan];
    }

    internal static bool TryDecode(ReadOnlyMemory<byte> file, out IReadOnlyList<KadPeer> peers)
    {
        peers = [];
        var span = file.Span;
        if (span.Length < Magic.Length + HashLength
            || !span.StartsWith(Magic)
            || !SHA256.HashData(span[(Magic.Length + HashLength)..]).AsSpan().SequenceEqual(span.Slice(Magic.Length, HashLength)))
        {
            return false;
        }

        var framed = new ReadOnlySequence<byte>(file[(Magic.Length + HashLength)..]);
        if (!LengthPrefixed.TryRead(ref framed, KadMessage.MaxSent, out var body) || !KadMessageReader.TryRead(body.ToArray(), out var message))
        {
            return false;
        }

        peers = message.CloserPeers;
        return true;
    }
}
