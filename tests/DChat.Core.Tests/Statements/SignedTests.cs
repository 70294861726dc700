using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Tests.Statements;

public sealed class SignedTests : IDisposable
{
    private readonly SigningKey _key = SigningKey.FromSeed(Given.Bytes(32, 7));
    private readonly SigningKey _other = SigningKey.FromSeed(Given.Bytes(32, 8));

    public void Dispose()
    {
        _key.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void What_is_signed_is_what_is_read()
    {
        var bytes = Signed<Note>.Sign(Given.Network, Hello(), _key).Encode();

        Assert.Equal(StatementFault.None, Signed<Note>.TryRead(bytes, Given.Network, out var read));
        Assert.Equal(Hello(), read!.Statement);
        Assert.Equal(Given.Network, read.Network);
        Assert.Equal(bytes, read.Encode());
    }

    [Fact]
    public void The_signature_covers_label_network_and_statement_as_the_contract_says()
    {
        var ours = Signed<Note>.Sign(Given.Network, Hello(), _key).Message;

        Assert.Equal(Notary.Sign(_key, Note.LabelText, Given.Network, Hello().Encode()), ours);
    }

    [Fact]
    public void Any_changed_byte_spoils_it()
    {
        var bytes = Signed<Note>.Sign(Given.Network, Hello(), _key).Encode();
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            Assert.NotEqual(StatementFault.None, Signed<Note>.TryRead(changed, Given.Network, out var read));
            Assert.Null(read);
        }
    }

    [Fact]
    public void In_another_network_it_is_worth_nothing_even_under_its_name()
    {
        var message = Signed<Note>.Sign("dchat-a", Hello(), _key).Message;

        Assert.Equal(StatementFault.WrongNetwork, Verify(message, "dchat-b"));
        message.Network = "dchat-b";
        Assert.Equal(StatementFault.BadSignature, Verify(message, "dchat-b"));
    }

    [Fact]
    public void A_byte_cannot_move_between_network_and_statement()
    {
        var longer = Notary.Sign(_key, Note.LabelText, "dchat-ab", Hello().Encode());
        byte[] moved = [(byte)'b', .. Hello().Encode()];

        var message = new SignedStatement { Network = "dchat-a", Statement = ByteString.CopyFrom(moved), Signature = longer.Signature };

        Assert.NotEqual(StatementFault.None, Verify(message, "dchat-a"));
    }

    [Fact]
    public void A_signature_under_another_label_or_by_another_key_is_refused()
    {
        Assert.Equal(StatementFault.None, Verify(Notary.Sign(_key, Note.LabelText, Given.Network, Hello().Encode())));
        Assert.Equal(StatementFault.BadSignature, Verify(Notary.Sign(_key, "DCHAT-DELEGATION-V1", Given.Network, Hello().Encode())));
        Assert.Equal(StatementFault.BadSignature, Verify(Notary.Sign(_other, Note.LabelText, Given.Network, Hello().Encode())));
    }

    [Fact]
    public void What_does_not_encode_to_the_same_bytes_again_is_refused_even_if_it_is_signed()
    {
        var shouted = Hello() with { Text = "HELLO" };

        Assert.Equal(StatementFault.Malformed, Verify(Notary.Sign(_key, Note.LabelText, Given.Network, shouted.Encode())));
        Assert.Throws<ArgumentException>(() => Signed<Note>.Sign(Given.Network, shouted, _key));
    }

    [Theory]
    [InlineData(10, StatementFault.None)]
    [InlineData(11, StatementFault.Oversized)]
    public void A_statement_beyond_its_longest_is_refused_even_if_it_is_signed(int length, StatementFault expected)
    {
        var note = Hello() with { Text = new string('a', length) };

        Assert.Equal(expected, Verify(Notary.Sign(_key, Note.LabelText, Given.Network, note.Encode())));
    }

    [Fact]
    public void The_longest_statement_in_the_longest_network_is_read_and_more_bytes_are_not_parsed()
    {
        var network = new string('n', 32);
        var bytes = Signed<Note>.Sign(network, Hello() with { Text = "0123456789" }, _key).Encode();

        Assert.Equal(StatementFault.None, Signed<Note>.TryRead(bytes, network, out _));
        Assert.Equal(StatementFault.Oversized, Signed<Note>.TryRead([.. bytes, .. new byte[8]], network, out _));
    }

    [Fact]
    public void Only_the_key_that_a_statement_names_can_sign_it_and_only_for_a_network()
    {
        Assert.Throws<ArgumentException>(() => Signed<Note>.Sign(Given.Network, Hello(), _other));
        Assert.Throws<ArgumentException>(() => Signed<Note>.Sign("a/b", Hello(), _key));
        Assert.Throws<ArgumentException>(() => Signed<Note>.Sign(Given.Network, Hello() with { Text = "" }, _key));
    }

    [Fact]
    public void Another_spelling_of_the_message_around_it_is_refused()
    {
        var bytes = Signed<Note>.Sign(Given.Network, Hello(), _key).Encode();

        // An unknown field 15 of one byte.
        Assert.Equal(StatementFault.Malformed, Signed<Note>.TryRead([.. bytes, 0x7a, 1, 0], Given.Network, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public void A_signature_of_another_length_is_refused(int length)
    {
        var message = Signed<Note>.Sign(Given.Network, Hello(), _key).Message;
        message.Signature = ByteString.CopyFrom(new byte[length]);

        Assert.Equal(StatementFault.Malformed, Verify(message));
    }

    private static StatementFault Verify(SignedStatement message, string network = Given.Network)
    {
        var fault = Signed<Note>.TryVerify(message, network, out var signed);
        Assert.Equal(fault == StatementFault.None, signed is not null);
        return fault;
    }

    private Note Hello() => new(_key.PublicKey, "hello");
}
