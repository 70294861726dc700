namespace DChat.Core.Keys;

/// <summary>
/// Every label that keeps one use of a key apart from another. A label is ASCII and ends in a zero byte, so none is a
/// prefix of another. HKDF takes its label at the start of <c>info</c>; a signature covers label ‖ message, where
/// the message of a statement begins with its network (<c>Protocol/statement.proto</c>). All are part of the public contract: see <c>Protocol/envelope.proto</c> and the README of this project.
/// </summary>
internal static class KeyLabels
{
    /// <summary>HKDF: network ‖ 0x00 ‖ name → the secret of a public topic.</summary>
    public static ReadOnlySpan<byte> PublicTopicSecret => "DCHAT-PUBLIC-TOPIC-SECRET-V1\0"u8;

    /// <summary>HKDF: topic secret, ‖ network → the key that turns a topic name into its tag.</summary>
    public static ReadOnlySpan<byte> RoutingKey => "DCHAT-ROUTING-KEY-V1\0"u8;

    /// <summary>HKDF: topic secret, ‖ topic tag ‖ key generation ‖ author key → the key that seals one author's payloads.</summary>
    public static ReadOnlySpan<byte> PayloadKey => "DCHAT-PAYLOAD-KEY-V1\0"u8;

    /// <summary>HKDF: device seed, ‖ topic tag ‖ key generation → the seed of an author key.</summary>
    public static ReadOnlySpan<byte> AuthorSeed => "DCHAT-AUTHOR-SEED-V1\0"u8;

    /// <summary>Signature of the device key: ‖ topic tag ‖ key generation ‖ author key.</summary>
    public static ReadOnlySpan<byte> AuthorCertificate => "DCHAT-AUTHOR-CERTIFICATE-V1\0"u8;

    /// <summary>Signature of the author key: ‖ envelope body.</summary>
    public static ReadOnlySpan<byte> Envelope => "DCHAT-ENVELOPE-V1\0"u8;

    /// <summary>Statement of the relay's key: a delegation (<c>Protocol/relay.proto</c>).</summary>
    public static ReadOnlySpan<byte> Delegation => "DCHAT-DELEGATION-V1\0"u8;

    /// <summary>Statement of the gateway's key: an acceptance (<c>Protocol/push.proto</c>).</summary>
    public static ReadOnlySpan<byte> Acceptance => "DCHAT-ACCEPTANCE-V1\0"u8;

    /// <summary>Statement of the gateway's key: where it is reached (<c>Protocol/relay.proto</c>).</summary>
    public static ReadOnlySpan<byte> GatewayRecord => "DCHAT-GATEWAY-RECORD-V1\0"u8;

    /// <summary>SHA-256: ‖ network ‖ shard → the key of a shard's sketches (<c>Protocol/sync.proto</c>).</summary>
    public static ReadOnlySpan<byte> SketchKey => "DCHAT-SKETCH-KEY-V1\0"u8;

    /// <summary>Statement of a device key: it wishes to belong to an identity (<c>Protocol/identity.proto</c>).</summary>
    public static ReadOnlySpan<byte> DeviceRequest => "DCHAT-DEVICE-REQUEST-V1\0"u8;

    /// <summary>Statement of a device or recovery key: an entry of a device log (<c>Protocol/identity.proto</c>). SHA-256 of what is signed: the entry's id.</summary>
    public static ReadOnlySpan<byte> DeviceEntry => "DCHAT-DEVICE-ENTRY-V1\0"u8;

    /// <summary>Statement of a device key: a sealed state (<c>Protocol/identity.proto</c>).</summary>
    public static ReadOnlySpan<byte> DeviceState => "DCHAT-DEVICE-STATE-V1\0"u8;

    /// <summary>HKDF: topic secret, ‖ salt ‖ topic tag ‖ key generation ‖ author key → how a revocation names an author key, and what masks the sequence.</summary>
    public static ReadOnlySpan<byte> RevocationCutoff => "DCHAT-REVOCATION-CUTOFF-V1\0"u8;

    /// <summary>HKDF: device seed → the private X25519 key of the device.</summary>
    public static ReadOnlySpan<byte> DeviceBoxKey => "DCHAT-DEVICE-BOX-KEY-V1\0"u8;

    /// <summary>HKDF: X25519 of ephemeral and box key, ‖ identity ‖ ephemeral key ‖ box key → what seals the key of a state for one device.</summary>
    public static ReadOnlySpan<byte> DeviceBox => "DCHAT-DEVICE-BOX-V1\0"u8;

    /// <summary>SHA-256: ‖ encoded request → the checksum of a device request as text.</summary>
    public static ReadOnlySpan<byte> DeviceRequestText => "DCHAT-DEVICE-REQUEST-TEXT-V1\0"u8;

    /// <summary>SHA-256: ‖ seed → the checksum of a recovery key as text.</summary>
    public static ReadOnlySpan<byte> RecoveryText => "DCHAT-RECOVERY-KEY-TEXT-V1\0"u8;

    /// <summary>SHA-256: ‖ invite payload → the checksum of an invite.</summary>
    public static ReadOnlySpan<byte> InviteChecksum => "DCHAT-INVITE-V1\0"u8;
}
