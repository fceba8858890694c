# clean                   remove build/, web/dist and node_modules
rm -rf build web/dist node_modules
echo "clean: build/, web/dist and node_modules are gone"
