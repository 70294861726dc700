using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Merkle;
using DChat.Core.Shards;
using DChat.Core.Statements;
using DChat.Core.Topics;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Relays;

/// <summary>
/// A relay's signed promise that messages are durable and will be named by an epoch's list (<c>Protocol/push.proto</c>). It
/// speaks for the relay together with a delegation to <see cref="Gateway"/>.
/// </summary>
public sealed record GatewayAcceptance : IStatement<GatewayAcceptance>
{
    /// <summary>How many epochs after the present one a message may be named at the latest: it may just miss one list.</summary>
    public const int EpochsToInclude = 2;

    /// <summary>The length of an epoch.</summary>
    public static readonly TimeSpan EpochLength = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> Label => KeyLabels.Acceptance;

    /// <inheritdoc/>
    public static int MaxLength => 256;

    /// <summary>Who promises.</summary>
    public required RelayId Relay { get; init; }

    /// <summary>The Ed25519 key of the gateway that signed.</summary>
    public required Bytes32 Gateway { get; init; }

    /// <summary>The shard that holds the messages.</summary>
    public required ShardId Shard { get; init; }

    /// <summary>The log that holds the messages.</summary>
    public required LogId Log { get; init; }

    /// <summary>How many messages, 1 to <see cref="EnvelopeBatch.MaxCount"/>.</summary>
    public required int Count { get; init; }

    /// <summary>Merkle tree hash (RFC 6962, section 2.1) with the MessageIds as leaves.</summary>
    public required Bytes32 Root { get; init; }

    /// <summary>When it was signed, to the millisecond.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>The last epoch whose list may be the one that names the messages, counted in hours from the Unix epoch.</summary>
    public ulong IncludeByEpoch { get; init; }

    /// <summary><see cref="Gateway"/>; whether it speaks for <see cref="Relay"/> is for its delegation to say.</summary>
    public Bytes32 Signer => Gateway;

    /// <summary>The root that promises these messages, in this order.</summary>
    public static Bytes32 RootOf(IEnumerable<MessageId> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var root = new MerkleRoot();
        Span<byte> leaf = stackalloc byte[MessageId.Length];
        foreach (var message in messages)
        {
            message.Value.CopyTo(leaf);
            root.Add(leaf);
        }

        return root.Compute();
    }

    /// <summary>The last epoch that may name what is accepted at a time.</summary>
    public static ulong IncludeBy(DateTimeOffset acceptedAt) =>
        (ulong)(acceptedAt.ToUnixTimeMilliseconds() / (long)EpochLength.TotalMilliseconds) + EpochsToInclude;

    /// <inheritdoc/>
    public byte[] Encode() => new Acceptance
    {
        RelayId = UnsafeByteOperations.UnsafeWrap(Relay.Value.ToArray()),
        GatewayKey = UnsafeByteOperations.UnsafeWrap(Gateway.ToArray()),
        Shard = Shard.Value,
        Log = UnsafeByteOperations.UnsafeWrap(Log.Value.ToByteArray(bigEndian: true)),
        Count = (uint)Count,
        Root = UnsafeByteOperations.UnsafeWrap(Root.ToArray()),
        AcceptedAtMs = (ulong)AcceptedAt.ToUnixTimeMilliseconds(),
        IncludeByEpoch = IncludeByEpoch,
    }.ToByteArray();

    /// <inheritdoc/>
    public static GatewayAcceptance? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (StatementMessages.TryParse(Acceptance.Parser, bytes) is not { } read
            || read.RelayId.Length != Bytes32.Length || read.GatewayKey.Length != Bytes32.Length || read.Root.Length != Bytes32.Length
            || read.Log.Length != LogId.Length || read.Count is 0 or > EnvelopeBatch.MaxCount || read.Shard >= 1 << ShardId.MaxBits
            || read.AcceptedAtMs > (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            return null;
        }

        return new GatewayAcceptance
        {
            Relay = new RelayId(new Bytes32(read.RelayId.Span)),
            Gateway = new Bytes32(read.GatewayKey.Span),
            Shard = new ShardId((ushort)read.Shard),
            Log = new LogId(new Guid(read.Log.Span, bigEndian: true)),
            Count = (int)read.Count,
            Root = new Bytes32(read.Root.Span),
            AcceptedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)read.AcceptedAtMs),
            IncludeByEpoch = read.IncludeByEpoch,
        };
    }
}
