// The file of --id-file.
#include "sse-tail/id_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sse_tail {
namespace {

class SseTailIdFile : public testing::Test {
 protected:
  SseTailIdFile() {
    std::string name = testing::TempDir() + "id_file_XXXXXX";
    folder = mkdtemp(name.data());
  }
  ~SseTailIdFile() override { std::filesystem::remove_all(folder); }

  void put(const std::string& content) const { std::ofstream(path()) << content; }
  std::string content() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string path() const { return folder + "/id"; }

  std::string folder;
};

TEST_F(SseTailIdFile, missing_or_empty_file_has_no_id) {
  EXPECT_EQ(*read_id_file(path()), "");
  put("");
  EXPECT_EQ(*read_id_file(path()), "");
}

TEST_F(SseTailIdFile, id_is_a_line) {
  put("7\n");
  EXPECT_EQ(*read_id_file(path()), "7");
  put(" 7 ");
  EXPECT_EQ(*read_id_file(path()), " 7 ");
}

TEST_F(SseTailIdFile, what_no_id_can_be_is_an_error) {
  put("7\n8\n");
  EXPECT_FALSE(read_id_file(path()));
  put(std::string("a\0b", 3));
  EXPECT_FALSE(read_id_file(path()));
  EXPECT_FALSE(read_id_file(folder));
}

TEST_F(SseTailIdFile, is_replaced_as_a_whole_and_only_when_the_id_changes) {
  IdFile file(path(), "");
  EXPECT_TRUE(file.save(""));
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_TRUE(file.save("7"));
  EXPECT_EQ(content(), "7\n");
  put("changed by somebody");
  EXPECT_TRUE(file.save("7"));
  EXPECT_EQ(content(), "changed by somebody");
  EXPECT_TRUE(file.save("8"));
  EXPECT_EQ(content(), "8\n");
  EXPECT_TRUE(file.save(""));
  EXPECT_EQ(content(), "\n");
  EXPECT_EQ(*read_id_file(path()), "");
  const auto files = std::filesystem::directory_iterator(folder);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(SseTailIdFile, symbolic_link_stays_one) {
  const std::string real = folder + "/real";
  std::filesystem::create_symlink(real, path());
  std::ofstream(real) << "1\n";
  EXPECT_TRUE(IdFile(path(), "1").save("2"));
  EXPECT_TRUE(std::filesystem::is_symlink(path()));
  EXPECT_EQ(content(), "2\n");
}

TEST_F(SseTailIdFile, link_to_what_is_not_there_yet_stays_one_too) {
  std::filesystem::create_symlink("real", path());
  EXPECT_TRUE(IdFile(path(), "").save("2"));
  EXPECT_TRUE(std::filesystem::is_symlink(path()));
  EXPECT_EQ(content(), "2\n");
}

TEST_F(SseTailIdFile, keeps_the_mode_of_the_file) {
  put("1\n");
  for (const mode_t mode : {0600U, 0664U}) {
    chmod(path().c_str(), mode);
    EXPECT_TRUE(IdFile(path(), "1").save("2"));
    struct stat info = {};
    ASSERT_EQ(stat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, mode);
  }
}

TEST_F(SseTailIdFile, what_is_no_regular_file_is_written_to_and_stays) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(*read_id_file(path()), "");
  EXPECT_TRUE(check_id_file(path()));
  EXPECT_FALSE(IdFile(path(), "").save("7"));  // nobody reads it
  const int reader = open(path().c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_TRUE(IdFile(path(), "").save("7"));
  char got[3] = {};
  EXPECT_EQ(read(reader, got, sizeof got), 2);
  EXPECT_EQ(std::string_view(got), "7\n");
  close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(path()));
  EXPECT_TRUE(check_id_file("/dev/null"));
  EXPECT_EQ(*read_id_file("/dev/zero"), "");
}

TEST_F(SseTailIdFile, can_be_checked_without_writing) {
  EXPECT_TRUE(check_id_file(path()));
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_EQ(check_id_file(folder).error().message, "cannot write " + folder + ": Is a directory");
  EXPECT_EQ(check_id_file(folder + "/no/id").error().message,
            "cannot write " + folder + "/no/id: No such file or directory");
}

TEST_F(SseTailIdFile, failure_names_the_file_and_is_told_once) {
  IdFile file(folder + "/no/id", "");
  const auto saved = file.save("7");
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().message, "cannot write " + folder + "/no/id: No such file or directory");
  EXPECT_TRUE(file.save("8"));
}

TEST_F(SseTailIdFile, empty_path_is_none) {
  EXPECT_TRUE(IdFile("", "").save("7"));
}

}  // namespace
}  // namespace sse_tail
