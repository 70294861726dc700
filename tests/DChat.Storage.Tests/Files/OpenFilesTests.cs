using DChat.Storage.Files;

namespace DChat.Storage.Tests.Files;

public sealed class OpenFilesTests
{
    private readonly SimulatedDisk _disk = new();

    [Fact]
    public void At_the_limit_all_stay_open_and_beyond_it_the_one_that_was_read_least_lately_is_closed_and_opened_again()
    {
        using var files = new OpenFiles(_disk, limit: 3);
        IReadFile[] opened = [.. Enumerable.Range(0, 3).Select(i => files.Open(Create(i)))];
        Assert.Equal(3, files.Count);

        var fourth = files.Open(Create(3));
        Assert.Equal(3, files.Count);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(i, Read(opened[i]));
        }

        Assert.Equal(3, Read(fourth));
        Assert.Equal(1, fourth.Length);
        Assert.Equal(3, files.Count);
    }

    [Fact]
    public void A_file_that_is_closed_for_deletion_or_with_all_others_is_read_no_more()
    {
        var files = new OpenFiles(_disk, limit: 3);
        var (one, other) = (files.Open(Create(1)), files.Open(Create(2)));
        files.Close("/1");
        _disk.Delete("/1");
        Assert.ThrowsAny<Exception>(() => Read(one));
        Assert.Equal(2, Read(other));

        files.Dispose();
        Assert.Equal(0, files.Count);
        Assert.Throws<ObjectDisposedException>(() => Read(other));
    }

    [Fact]
    public void Many_readers_of_more_files_than_may_be_open_read_the_right_ones()
    {
        using var files = new OpenFiles(_disk, limit: 2);
        IReadFile[] opened = [.. Enumerable.Range(0, 8).Select(i => files.Open(Create(i)))];

        Parallel.For(0, 4_000, i => Assert.Equal(i % 8, Read(opened[i % 8])));

        Assert.InRange(files.Count, 1, 2);
    }

    private static int Read(IReadFile file)
    {
        Span<byte> read = stackalloc byte[1];
        Assert.Equal(1, file.Read(read, 0));
        return read[0];
    }

    private string Create(int number)
    {
        using var file = _disk.Create($"/{number}");
        file.Write([(byte)number], 0);
        return $"/{number}";
    }
}
