using System.Buffers.Binary;
using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Identity;

/// <summary>
/// An entry of a device log (<c>Protocol/identity.proto</c>). Its form is checked here; whether it holds in its log is for
/// <see cref="DeviceLog"/> to say.
/// </summary>
public sealed class DeviceLogEntry : IStatement<DeviceLogEntry>
{
    /// <inheritdoc/>
    public static ReadOnlySpan<byte> Label => KeyLabels.DeviceEntry;

    /// <inheritdoc/>
    public static int MaxLength => 9_216;

    /// <summary>The identity; null in the first entry, whose id it is.</summary>
    public IdentityId? Identity { get; init; }

    /// <summary>1 in the first entry, otherwise one more than the greatest of those it follows.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>The entry before this one; null in the first entry.</summary>
    public DeviceEntryId? Previous { get; init; }

    /// <summary>Entries of other branches that the recovery key has seen, ascending, at most <see cref="DeviceLogLimits.MaxMerged"/>.</summary>
    public IReadOnlyList<DeviceEntryId> Merged { get; init; } = [];

    /// <inheritdoc/>
    public required Bytes32 Signer { get; init; }

    /// <summary>What begins the identity; null unless it is the first entry.</summary>
    public FirstDevice? First { get; init; }

    /// <summary>The request of the device that is added, as it came; null unless one is. Its signature is checked by <see cref="DeviceLog"/>.</summary>
    public SignedStatement? Added { get; init; }

    /// <summary>What is revoked; null when nothing is.</summary>
    public DeviceRevocation? Revoked { get; init; }

    /// <summary>What it does.</summary>
    public DeviceEntryKind Kind => First is not null ? DeviceEntryKind.First
        : Added is not null ? DeviceEntryKind.Add
        : Revoked is not null ? DeviceEntryKind.Revoke
        : DeviceEntryKind.Settle;

    /// <inheritdoc/>
    public byte[] Encode()
    {
        var entry = new DeviceEntry { Identity = Bytes(Identity?.Value), Sequence = Sequence, Previous = Bytes(Previous?.Value), Signer = Bytes(Signer) };
        entry.Merged.AddRange(Merged.Select(id => Bytes(id.Value)));
        if (First is not null)
        {
            var salt = new byte[DeviceRevocation.SaltLength];
            BinaryPrimitives.WriteUInt128BigEndian(salt, First.Salt);
            entry.First = new FirstEntry { BoxKey = Bytes(First.Box.Value), RecoveryKey = Bytes(First.Recovery), Salt = UnsafeByteOperations.UnsafeWrap(salt) };
        }
        else if (Added is not null)
        {
            entry.Add = Added;
        }
        else if (Revoked is not null)
        {
            entry.Revoke = new Revocation
            {
                DeviceKey = Bytes(Revoked.Device.Value),
                Salt = UnsafeByteOperations.UnsafeWrap(Revoked.Salt),
                Cutoffs = UnsafeByteOperations.UnsafeWrap(Revoked.Cutoffs.SelectMany(cutoff => cutoff.ToArray()).ToArray()),
            };
        }
        else
        {
            entry.Settle = new Settlement();
        }

        return entry.ToByteArray();
    }

    /// <inheritdoc/>
    public static DeviceLogEntry? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (StatementMessages.TryParse(DeviceEntry.Parser, bytes) is not { } read
            || read.Signer.Length != Bytes32.Length || !IsIdOrAbsent(read.Identity) || !IsIdOrAbsent(read.Previous) || read.Sequence == 0
            || read.Merged.Count > DeviceLogLimits.MaxMerged || read.Merged.Any(id => id.Length != Bytes32.Length))
        {
            return null;
        }

        var isFirst = read.WhatCase == DeviceEntry.WhatOneofCase.First;
        var first = isFirst ? ReadFirst(read.First) : null;
        var revoked = read.WhatCase == DeviceEntry.WhatOneofCase.Revoke
            ? DeviceRevocation.TryRead(read.Revoke.DeviceKey.Span, read.Revoke.Salt.Span, read.Revoke.Cutoffs.Span)
            : null;
        DeviceEntryId[] merged = [.. read.Merged.Select(id => new DeviceEntryId(new Bytes32(id.Span)))];
        if (read.WhatCase == DeviceEntry.WhatOneofCase.None
            || isFirst != (first is not null) || read.WhatCase == DeviceEntry.WhatOneofCase.Revoke != (revoked is not null)
            || isFirst != read.Identity.IsEmpty || isFirst != read.Previous.IsEmpty || isFirst != (read.Sequence == 1)
            || (isFirst && merged.Length > 0) || merged.Zip(merged.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            return null;
        }

        return new DeviceLogEntry
        {
            Identity = isFirst ? null : new IdentityId(new Bytes32(read.Identity.Span)),
            Sequence = read.Sequence,
            Previous = isFirst ? null : new DeviceEntryId(new Bytes32(read.Previous.Span)),
            Merged = merged,
            Signer = new Bytes32(read.Signer.Span),
            First = first,
            Added = read.WhatCase == DeviceEntry.WhatOneofCase.Add ? read.Add : null,
            Revoked = revoked,
        };
    }

    private static FirstDevice? ReadFirst(FirstEntry read) =>
        read.BoxKey.Length == Bytes32.Length && IsIdOrAbsent(read.RecoveryKey) && read.Salt.Length == DeviceRevocation.SaltLength
            ? new FirstDevice(
                new BoxKey(new Bytes32(read.BoxKey.Span)),
                read.RecoveryKey.IsEmpty ? null : new Bytes32(read.RecoveryKey.Span),
                BinaryPrimitives.ReadUInt128BigEndian(read.Salt.Span))
            : null;

    private static bool IsIdOrAbsent(ByteString bytes) => bytes.Length is 0 or Bytes32.Length;

    private static ByteString Bytes(Bytes32? value) => value is { } bytes ? UnsafeByteOperations.UnsafeWrap(bytes.ToArray()) : ByteString.Empty;
}
