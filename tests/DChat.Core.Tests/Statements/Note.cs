using System.Text;
using DChat.Core.Statements;

namespace DChat.Core.Tests.Statements;

/// <summary>A statement of nothing but text: signer (32) ‖ ASCII; upper case reads as lower case and so is not canonical.</summary>
internal sealed record Note(Bytes32 Signer, string Text) : IStatement<Note>
{
    public const string LabelText = "DCHAT-TEST-NOTE-V1";

    public static ReadOnlySpan<byte> Label => "DCHAT-TEST-NOTE-V1\0"u8;

    public static int MaxLength => Bytes32.Length + 10;

    public byte[] Encode() => [.. Signer.ToArray(), .. Encoding.ASCII.GetBytes(Text)];

    public static Note? TryDecode(ReadOnlySpan<byte> bytes) => bytes.Length > Bytes32.Length
        ? new Note(new Bytes32(bytes[..Bytes32.Length]), Encoding.ASCII.GetString(bytes[Bytes32.Length..]).ToLowerInvariant())
        : null;
}
