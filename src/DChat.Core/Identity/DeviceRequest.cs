using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Identity;

/// <summary>
/// A device's wish to belong to an identity (<c>Protocol/identity.proto</c>): without it, signed by the device itself, nobody can add
/// the device, so no identity can claim another's messages.
/// </summary>
public sealed record DeviceRequest : IStatement<DeviceRequest>
{
    /// <inheritdoc/>
    public static ReadOnlySpan<byte> Label => KeyLabels.DeviceRequest;

    /// <inheritdoc/>
    public static int MaxLength => 128;

    /// <summary>The identity.</summary>
    public required IdentityId Identity { get; init; }

    /// <summary>The device; signs the request.</summary>
    public required DeviceKey Device { get; init; }

    /// <summary>The device's key to which states are sealed.</summary>
    public required BoxKey Box { get; init; }

    /// <summary>The key of <see cref="Device"/>.</summary>
    public Bytes32 Signer => Device.Value;

    /// <inheritdoc/>
    public byte[] Encode() => new JoinRequest
    {
        Identity = UnsafeByteOperations.UnsafeWrap(Identity.Value.ToArray()),
        DeviceKey = UnsafeByteOperations.UnsafeWrap(Device.Value.ToArray()),
        BoxKey = UnsafeByteOperations.UnsafeWrap(Box.Value.ToArray()),
    }.ToByteArray();

    /// <inheritdoc/>
    public static DeviceRequest? TryDecode(ReadOnlySpan<byte> bytes) =>
        StatementMessages.TryParse(JoinRequest.Parser, bytes) is { } read
        && read.Identity.Length == Bytes32.Length && read.DeviceKey.Length == Bytes32.Length && read.BoxKey.Length == Bytes32.Length
            ? new DeviceRequest
            {
                Identity = new IdentityId(new Bytes32(read.Identity.Span)),
                Device = new DeviceKey(new Bytes32(read.DeviceKey.Span)),
                Box = new BoxKey(new Bytes32(read.BoxKey.Span)),
            }
            : null;
}
