using DChat.Testing;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

public sealed class SqliteGrainStorageTests(SqliteGrainStorageTests.Fixture fixture) : DurableGrainStorageConformance, IClassFixture<SqliteGrainStorageTests.Fixture>
{
    protected override IGrainStorage Storage => fixture.Host.Storage;

    protected override Task ReopenAsync()
    {
        fixture.Reopen();
        return Task.CompletedTask;
    }

    public sealed class Fixture : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Fixture() => Host = new SqliteHost(_folder["state.db"]);

        internal SqliteHost Host { get; private set; }

        public void Reopen()
        {
            Host.Dispose();
            Host = new SqliteHost(_folder["state.db"]);
        }

        public void Dispose()
        {
            Host.Dispose();
            _folder.Dispose();
        }
    }
}
