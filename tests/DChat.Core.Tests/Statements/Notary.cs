using System.Text;
using DChat.Core.Keys;
using DChat.Core.Wire;
using Google.Protobuf;
using NSec.Cryptography;

namespace DChat.Core.Tests.Statements;

/// <summary>Signs any bytes as a statement, by the text of statement.proto and without the code under test.</summary>
internal static class Notary
{
    public static SignedStatement Sign(SigningKey key, string label, string network, byte[] statement)
    {
        using var raw = Key.Import(SignatureAlgorithm.Ed25519, key.ExportSeed(), KeyBlobFormat.RawPrivateKey);
        var name = Encoding.ASCII.GetBytes(network);
        byte[] signed = [.. Encoding.ASCII.GetBytes(label), 0, (byte)name.Length, .. name, .. statement];
        return new SignedStatement
        {
            Network = network,
            Statement = ByteString.CopyFrom(statement),
            Signature = ByteString.CopyFrom(SignatureAlgorithm.Ed25519.Sign(raw, signed)),
        };
    }
}
