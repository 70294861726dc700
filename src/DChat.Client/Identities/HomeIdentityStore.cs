using System.Collections.Immutable;
using System.Text.Json;
using DChat.Client.Devices;
using DChat.Core.Clocks;
using DChat.Core.Identity;
using DChat.Core.Keys;

namespace DChat.Client.Identities;

/// <summary><c>identity.json</c> and <c>identities/</c> of a home directory.</summary>
internal sealed class HomeIdentityStore(HomeDirectory home, TopicBook topics) : IIdentityStore
{
    internal const string FileName = "identity.json";
    internal const string Folder = "identities";
    private const int Version = 1;

    public TopicBook? Topics { get; } = topics;

    public IdentityRecord Read()
    {
        if (home.Files.Read(FileName) is not { } content)
        {
            return IdentityRecord.Empty;
        }

        try
        {
            return JsonSerializer.Deserialize(content, HomeJson.Default.IdentityDocument) is { Version: Version } document
                ? Open(document)
                : throw home.Files.Corrupt(FileName, "it does not hold an identity of a version this program knows");
        }
        catch (JsonException failure)
        {
            throw home.Files.Corrupt(FileName, HomeJson.Fault(content), failure);
        }
        catch (FormatException failure)
        {
            throw home.Files.Corrupt(FileName, "a key, a hash or the state in it is none", failure);
        }
    }

    public async ValueTask<IdentityRecord> UpdateAsync(Func<IdentityRecord, IdentityRecord> change, CancellationToken cancellationToken)
    {
        using var _ = await home.LockAsync(cancellationToken).ConfigureAwait(false);
        var before = Read();
        var after = change(before);
        if (!ReferenceEquals(before, after))
        {
            home.Files.Replace(FileName, JsonSerializer.SerializeToUtf8Bytes(Close(after), HomeJson.Default.IdentityDocument));
        }

        return after;
    }

    public IReadOnlyList<byte[]> ReadLog(IdentityId identity)
    {
        var name = NameOf(identity);
        return home.Files.Exists(name) && home.Files.Read(name) is { } file
            ? LogFile.TryRead(file) ?? throw home.Files.Corrupt(name, "it is no device log; delete it, and it is read from the cluster again")
            : [];
    }

    public async ValueTask AddToLogAsync(IdentityId identity, IReadOnlyList<byte[]> entries, CancellationToken cancellationToken)
    {
        using var _ = await home.LockAsync(cancellationToken).ConfigureAwait(false);
        var log = ReadLog(identity);
        var union = LogFile.Union(log, entries);
        if (union.Count > log.Count)
        {
            home.Files.CreateFolder(Folder);
            home.Files.Replace(NameOf(identity), LogFile.Write(union));
        }
    }

    private static string NameOf(IdentityId identity) => Path.Combine(Folder, identity.ToString());

    private static IdentityRecord Open(IdentityDocument document) => new()
    {
        Network = document.Network,
        Identity = document.Identity is { } identity ? IdentityId.Parse(identity) : null,
        State = document.State is { } state
            ? SharedState.TryDecode(Convert.FromBase64String(state)) ?? throw new FormatException()
            : SharedState.Empty,
        SealedAt = new HybridTimestamp(document.SealedAt),
        Sealed = document.Sealed,
        SealedContent = document.SealedContent,
        Merged = (document.Merged ?? []).ToImmutableDictionary(entry => DeviceKey.Parse(entry.Key), entry => entry.Value),
        Followed = [.. (document.Followed ?? []).Select(followed => IdentityId.Parse(followed))],
    };

    private static IdentityDocument Close(IdentityRecord record) => new(
        Version,
        record.Network,
        record.Identity?.ToString(),
        Convert.ToBase64String(record.State.Encode()),
        record.SealedAt.Value,
        record.Sealed,
        record.SealedContent,
        record.Merged.ToDictionary(entry => entry.Key.ToString(), entry => entry.Value),
        [.. record.Followed.Select(followed => followed.ToString()).Order(StringComparer.Ordinal)]);
}
