using System.Text.Json;
using System.Text.Json.Serialization;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Peers;

/// <summary>
/// Peers in a file, as JSON: <c>{"version": 1, "peers": [{"peer", "tier", "addresses": [{"address", "source",
/// "teller"}], "record"?, "tags"?}]}</c>. The record is base64. Expiries are not kept: they begin anew when it is read.
/// </summary>
public static class PeerStoreFile
{
    /// <summary>The format that is written, and the only one that is read.</summary>
    public const int Version = 1;

    /// <summary>The longest file that is read or written, in bytes.</summary>
    public const int MaxLength = 16 * 1024 * 1024;

    /// <summary>The most peers that are read or written; the rest is passed over.</summary>
    public const int MaxPeers = 4096;

    /// <summary>Writes a file. After a crash at any point the old one or the new one is there, whole.</summary>
    /// <param name="path">The file; its folder is made if need be.</param>
    /// <param name="peers">The peers, the most important first.</param>
    /// <param name="cancellationToken">Gives up, and leaves the old file.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static async Task WriteAsync(string path, IReadOnlyList<StoredPeer> peers, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(peers);
        var bytes = Encode(peers);
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var temporary = full + ".new";
        var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            await file.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, full, overwrite: true);
    }

    /// <summary>Reads a file; nothing when there is none. Peers and addresses that make no sense are passed over.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="Libp2pException">The file is damaged or of another version (<see cref="Libp2pErrorCodes.Malformed"/>).</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<StoredPeer> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            return [];
        }

        using var file = File.OpenRead(path);
        if (file.Length > MaxLength)
        {
            throw Damaged(path, $"it has over {MaxLength} bytes", null);
        }

        try
        {
            var document = JsonSerializer.Deserialize(file, PeerStoreJson.Default.PeerStoreDocument);
            return document is { Version: Version, Peers: { } peers }
                ? [.. peers.Take(MaxPeers).Select(Parse).OfType<StoredPeer>()]
                : throw Damaged(path, $"it is not of version {Version}", null);
        }
        catch (JsonException e)
        {
            throw Damaged(path, e.Message, e);
        }
    }

    /// <summary>Renames a damaged file, so that the next one does not overwrite it.</summary>
    internal static void PutAside(string path)
    {
        try
        {
            File.Move(path, path + ".damaged", overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is overwritten then.
        }
    }

    /// <summary>As many peers as fit, the first first.</summary>
    private static byte[] Encode(IReadOnlyList<StoredPeer> peers)
    {
        for (var count = Math.Min(peers.Count, MaxPeers); ; count /= 2)
        {
            var document = new PeerStoreDocument { Version = Version, Peers = [.. peers.Take(count).Select(Format)] };
            var bytes = JsonSerializer.SerializeToUtf8Bytes(document, PeerStoreJson.Default.PeerStoreDocument);
            if (bytes.Length <= MaxLength)
            {
                return bytes;
            }
        }
    }

    private static PeerEntry Format(StoredPeer stored) => new()
    {
        Peer = stored.Peer.ToString(),
        Tier = stored.Tier,
        Addresses = [.. stored.Addresses.Select(a => new AddressEntry { Address = a.Address.ToString(), Source = a.Source, Teller = a.Teller })],
        Record = stored.SignedRecord.IsEmpty ? null : stored.SignedRecord.ToArray(),
        Tags = stored.Tags.Count > 0 ? [.. stored.Tags] : null,
    };

    private static StoredPeer? Parse(PeerEntry? entry)
    {
        if (entry?.Peer is null || !Enum.IsDefined(entry.Tier) || !PeerId.TryParse(entry.Peer, out var peer))
        {
            return null;
        }

        var addresses = new List<PeerAddress>();
        foreach (var told in entry.Addresses ?? [])
        {
            if (told?.Address is { } text && Enum.IsDefined(told.Source) && Enum.IsDefined(told.Teller) && Multiaddr.TryParse(text, out var address))
            {
                addresses.Add(new PeerAddress(address, told.Source, told.Teller, ExpiresAt: null));
            }
        }

        var tags = (entry.Tags ?? []).Where(t => t?.Length is > 0 and <= PeerStore.MaxTagLength).Take(PeerStore.MaxTags);
        return new StoredPeer(peer, entry.Tier, addresses, entry.Record ?? [], [.. tags]);
    }

    private static Libp2pException Damaged(string path, string why, Exception? inner) =>
        new(Libp2pErrorCodes.Malformed, $"{path} is not a file of peers: {why}.", isTransient: false, inner);

    internal sealed class PeerStoreDocument
    {
        public int Version { get; set; }

        public PeerEntry?[]? Peers { get; set; }
    }

    internal sealed class PeerEntry
    {
        public string? Peer { get; set; }

        public PeerTier Tier { get; set; }

        public AddressEntry?[]? Addresses { get; set; }

        public byte[]? Record { get; set; }

        public string[]? Tags { get; set; }
    }

    internal sealed class AddressEntry
    {
        public string? Address { get; set; }

        public AddressSource Source { get; set; }

        public AddressClass Teller { get; set; }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PeerStoreFile.PeerStoreDocument))]
internal sealed partial class PeerStoreJson : JsonSerializerContext;
