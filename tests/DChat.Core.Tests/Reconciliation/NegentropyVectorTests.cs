using System.Globalization;
using System.Security.Cryptography;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

/// <summary>The reference of negentropy v1, to the byte.</summary>
public sealed class NegentropyVectorTests
{
    public static TheoryData<string> Sessions =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", "negentropy.txt")).Where(line => line[0] != '#')];

    [Fact]
    public void Nothing_has_a_fingerprint()
    {
        Assert.Equal("7f9c9e31ac8256ca2f258583df262dbc", SetFingerprint.Empty.ToString());
        Assert.Equal(SetFingerprint.Empty, SetDigest.Of(SetShapes.Snapshot([])).Fingerprint);
    }

    [Fact]
    public void Forty_items_have_the_fingerprint_and_the_first_message_of_the_reference()
    {
        var set = SetShapes.Snapshot(Enumerable.Range(0, 40).Select(i => SetShapes.Numbered(i, 1_000 + ((ulong)i / 20))));
        var first = new NegentropyInitiator(set, new NegentropyOptions { Salt = 1 }, new Differences()).Initiate();

        Assert.Equal("6e2a069c555969002929258228f15975", SetDigest.Of(set).Fingerprint.ToString());
        Assert.Equal(321, first.Length);
        Assert.Equal("c1306e695d179dae126c6572f987a997a21324679abf8c2d9d75a0878854b72e", Convert.ToHexStringLower(SHA256.HashData(first.Span)));
    }

    [Theory]
    [InlineData("6100000200", "6100000201eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee")]
    [InlineData("62aaaaaaaa", "61")]
    [InlineData("6f", "61")]
    [InlineData("60", "61")]
    [InlineData("61", "61")]
    public void A_responder_answers_as_the_reference_does(string message, string answer)
    {
        var set = SetShapes.Snapshot([new SetItem(12_345, new Bytes32(Given.Bytes(32, 0xEE)))]);
        var responder = new NegentropyResponder(set, new NegentropyOptions { Salt = 1 });

        Assert.Equal(answer, Convert.ToHexStringLower(responder.Answer(Convert.FromHexString(message)).Span));
    }

    [Theory]
    [MemberData(nameof(Sessions))]
    public void A_session_is_that_of_the_reference_byte_for_byte(string line)
    {
        var columns = line.Split(' ');
        var numbers = columns[..10].Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var (n, per, lacks, lacked) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        SetSnapshot SetWithout(int multiplesOf) => SetShapes.Snapshot(
            Enumerable.Range(0, n).Where(i => multiplesOf == 1 || i % multiplesOf != 0).Select(i => SetShapes.Numbered(i, (ulong)(1_000 + (i / per)))));
        NegentropyOptions Options(int frameLimit) => new() { FrameLimit = frameLimit, ReferenceBytes = true, Salt = 1 };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        var session = NegentropyRun.Run(SetWithout(lacks), SetWithout(lacked), Options(numbers[4]), Options(numbers[5]), message => hash.AppendData(message.Span));

        Assert.Equal((numbers[6], (long)numbers[7]), (session.Messages, session.Bytes));
        Assert.Equal((numbers[8], numbers[9]), (session.Found.Haves.Count, session.Found.Needs.Count));
        Assert.Equal(columns[10], Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Theory]
    [MemberData(nameof(Sessions))]
    public void Without_limits_the_repairs_change_no_byte(string line)
    {
        var numbers = line.Split(' ')[..4].Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var left = SetShapes.Snapshot(Enumerable.Range(0, numbers[0]).Where(i => i % numbers[2] != 0).Select(i => SetShapes.Numbered(i, 1)));
        var right = SetShapes.Snapshot(Enumerable.Range(0, numbers[0]).Where(i => i % numbers[3] != 0).Select(i => SetShapes.Numbered(i, 1)));
        List<string> repaired = [], reference = [];
        var options = new NegentropyOptions { Salt = 1 };

        NegentropyRun.Run(left, right, options, options, message => repaired.Add(Convert.ToHexString(message.Span)));
        options = options with { ReferenceBytes = true };
        NegentropyRun.Run(left, right, options, options, message => reference.Add(Convert.ToHexString(message.Span)));

        Assert.Equal(reference, repaired);
    }
}
