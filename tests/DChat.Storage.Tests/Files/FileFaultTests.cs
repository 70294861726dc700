using DChat.Abstractions.Files;

namespace DChat.Storage.Tests.Files;

public sealed class FileFaultTests
{
    [Theory]
    [InlineData(28, true)]
    [InlineData(122, true)]
    [InlineData(unchecked((int)0x80070070), true)]
    [InlineData(5, false)]
    public void A_full_disk_is_told_from_a_broken_one(int error, bool isFull) =>
        Assert.Equal(isFull, FileFaults.IsDiskFull(new IOException("", error)));

    [Theory]
    [InlineData(28, "its disk is full")]
    [InlineData(122, "its disk is full")]
    [InlineData(30, "its file system is read-only")]
    [InlineData(5, "cannot be used: Input/output error")]
    public void What_the_system_refuses_is_said_in_plain_words(int error, string expected)
    {
        var text = FileFaults.Describe("topics.json", new IOException("Input/output error", error));

        Assert.StartsWith("topics.json ", text, StringComparison.Ordinal);
        Assert.Contains(expected, text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_belongs_to_another_user_is_told_with_the_cure() => Assert.Contains(
        "change its owner or mode", FileFaults.Describe("topics.json", new UnauthorizedAccessException()), StringComparison.Ordinal);
}
